// Where the page of reminders begins.
import { prepareReminders } from "./reminders.js";

const page = document.querySelector("[data-reminders]");
if (page) prepareReminders(page);
