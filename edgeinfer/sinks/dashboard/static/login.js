// The password, once.
import { loadSession, post } from "./api.js";

const form = document.getElementById("login");
const why = document.getElementById("why");
const button = form.querySelector("button");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  why.textContent = "";
  button.disabled = true;
  try {
    await post("login", { password: form.password.value });
    location.assign("./");
  } catch (error) {
    why.textContent = words(error);
    form.password.select();
  } finally {
    button.disabled = false;
  }
});

function words(error) {
  if (error.status === 401) return "That is not the password.";
  if (error.status === 429) return "Too many tries. Wait a minute, then try again.";
  return error.message;
}

loadSession().catch((error) => { why.textContent = error.message; });
