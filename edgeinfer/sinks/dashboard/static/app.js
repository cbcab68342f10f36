// The frame of the pages: which one is shown, the theme, and what is said on all of them.
import { loadSession, post, session } from "./api.js";
import * as collect from "./collect.js";
import { byId, make, toast } from "./dom.js";
import * as events from "./events.js";
import * as live from "./live.js";
import * as machine from "./machine.js";
import * as setup from "./setup.js";
import { follow, loadStatus, onStatus } from "./store.js";
import { connect, on } from "./updates.js";

const PAGES = { live, events, machine, setup, collect };
const THEMES = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };
const AGAIN_MS = 2000;

let page = null;

function route(first) {
  const wanted = location.hash.replace(/^#\//, "").split("/")[0];
  const name = wanted in PAGES ? wanted : "live";
  if (name === page) return;
  if (page) PAGES[page].leave();
  page = name;
  for (const other of Object.keys(PAGES)) byId(`page-${other}`).hidden = other !== name;
  for (const link of document.querySelectorAll(".nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = byId(`h-${name}`);
  document.title = `${title.textContent} · edgeinfer`;
  PAGES[name].enter();
  if (first !== true) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
}

function themes() {
  const button = byId("theme");
  const names = Object.keys(THEMES);
  let now = localStorage.getItem("theme") ?? "auto";
  const show = () => {
    if (now === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = now;
    button.lastElementChild.textContent = THEMES[now];
    button.setAttribute("aria-label", THEMES[now]);
    dispatchEvent(new Event("theme"));
  };
  button.addEventListener("click", () => {
    now = names[(names.indexOf(now) + 1) % names.length];
    localStorage.setItem("theme", now);
    show();
  });
  show();
}

function notices() {
  const notice = byId("gone");
  on("link", (answers) => {
    if (!answers) notice.replaceChildren(make("b", {}, "The device does not answer."), make("span", {}, "This page goes on by itself as soon as it is back."));
    else if (!notice.hidden) toast("The device is back.");
    notice.hidden = answers;
    if (answers) loadSession().catch(() => {});
  });
  onStatus((status) => {
    const { dot, words } = live.deviceWords(status);
    refused(status.configuration);
    byId("device").replaceChildren(make("span", { class: `dot ${dot}` }), make("span", {}, status.device, make("span", { class: "aloud" }, `, ${words}`)));
  });
  on("event", (event) => {
    live.listLatest();
    if (page === "live" || page === "events") byId("aloud").textContent = event.words;
    else toast(event.words, "passing");
  });
}

/** The file was changed into something that cannot run; what ran before goes on. */
function refused(configuration) {
  const problems = configuration?.problems ?? [];
  const notice = byId("refused");
  notice.hidden = !problems.length;
  if (notice.dataset.said === problems.join("\n")) return;
  notice.dataset.said = problems.join("\n");
  notice.replaceChildren(make("b", {}, "The configuration in the file cannot run, so the one before it goes on."),
    make("ul", {}, problems.map((problem) => make("li", {}, problem))),
    make("span", {}, "Mend the file, then restart the service."));
}

function account() {
  const button = byId("logout");
  button.hidden = !(session.needs_password && session.logged_in);
  button.addEventListener("click", async () => {
    await post("logout", {}).catch(() => {});
    location.assign("login");
  });
}

/** The first answers; a device that is only starting is asked again. */
async function begin() {
  for (;;) {
    try {
      await loadSession();
      if (session.needs_password && !session.logged_in) {
        location.assign("login");
        return false;
      }
      await loadStatus();
      return true;
    } catch (error) {
      byId("gone").hidden = false;
      byId("gone").replaceChildren(make("b", {}, "Waiting for the device."), make("span", {}, error.message));
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

themes();
if (await begin()) {
  byId("gone").hidden = true;
  notices();
  account();
  follow();
  await events.start().catch(() => {});
  for (const other of [live, machine, setup, collect]) other.start();
  route(true);
  addEventListener("hashchange", route);
  connect();
}
