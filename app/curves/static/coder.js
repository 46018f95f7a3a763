// While a job codes, the page follows it.
const running = document.querySelector("[data-running]");
if (running) setTimeout(() => location.reload(), 2000);
