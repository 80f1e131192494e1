// Moves the focus to the error summary after a refused form, so that keyboards and screen readers start there.
"use strict";
document.querySelector("[data-focus]")?.focus();
