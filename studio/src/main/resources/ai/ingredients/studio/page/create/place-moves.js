/** How a box [x0, y0, x1, y1] on a sheet is moved and resized. All in fractions of the sheet. */
const LEAST = 0.08;
const STEP = 0.02;

/** The box shifted, but not over the edge. */
export function shifted([x0, y0, x1, y1], dx, dy) {
    const left = clamp(x0 + dx, 0, 1 - (x1 - x0));
    const top = clamp(y0 + dy, 0, 1 - (y1 - y0));
    return [left, top, left + (x1 - x0), top + (y1 - y0)];
}

/** The box with its lower right corner moved. */
export function stretched([x0, y0, x1, y1], dx, dy) {
    return [x0, y0, clamp(x1 + dx, x0 + LEAST, 1), clamp(y1 + dy, y0 + LEAST, 1)];
}

export function moveByPointer(box, sheet, now, onMove) {
    box.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) {
            return;
        }
        event.preventDefault();
        box.focus();
        const change = event.target.closest(".place-corner") ? stretched : shifted;
        const whole = sheet.getBoundingClientRect();
        const begin = now();
        const move = (moved) =>
            onMove(
                change(
                    begin,
                    (moved.clientX - event.clientX) / whole.width,
                    (moved.clientY - event.clientY) / whole.height,
                ),
            );
        box.setPointerCapture(event.pointerId);
        box.classList.add("moving");
        box.addEventListener("pointermove", move);
        const up = () => {
            box.classList.remove("moving");
            box.removeEventListener("pointermove", move);
        };
        box.addEventListener("pointerup", up, {once: true});
        box.addEventListener("pointercancel", up, {once: true});
    });
}

/** Arrows move, with Shift they resize, Delete takes the place away. */
export function moveByKeys(box, now, onMove, onRemove) {
    const directions = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    box.addEventListener("keydown", (event) => {
        const direction = directions[event.key];
        if (direction) {
            event.preventDefault();
            const change = event.shiftKey ? stretched : shifted;
            onMove(change(now(), direction[0] * STEP, direction[1] * STEP));
        } else if (event.key === "Delete" || event.key === "Backspace") {
            event.preventDefault();
            onRemove();
        }
    });
}

function clamp(value, least, most) {
    return Math.min(most, Math.max(least, value));
}
