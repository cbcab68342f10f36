// The device's endpoints (docs/http.md), with the session and what to do when it is over.

export class Refused extends Error {
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

export let session = { logged_in: false, needs_password: false, may_change: false, csrf: null, why_not: null };

export async function loadSession() {
  session = await call("GET", "session");
  return session;
}

export const get = (path, words) => call("GET", path + query(words));
export const post = (path, body) => change("POST", path, body);
export const put = (path, body) => change("PUT", path, body);
export const remove = (path) => change("DELETE", path);

/** `?a=b` of those that say something. */
export function query(words = {}) {
  const said = Object.entries(words).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return said.length ? `?${new URLSearchParams(said)}` : "";
}

/** A server that was started anew knows another token: it is asked for once more. */
async function change(method, path, body) {
  const token = session.csrf;
  try {
    return await call(method, path, body);
  } catch (error) {
    if (error.status !== 403) throw error;
    await loadSession();
    if (!session.csrf || session.csrf === token) throw error;
    return call(method, path, body);
  }
}

async function call(method, path, body) {
  const headers = {};
  if (method !== "GET" && session.csrf) headers["X-CSRF-Token"] = session.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`api/v1/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, "The device does not answer.");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401 && path !== "login") location.assign("login");
  throw new Refused(answer.status, said.error ?? said.problems?.[0] ?? `The device answered ${answer.status}.`, said.problems);
}
