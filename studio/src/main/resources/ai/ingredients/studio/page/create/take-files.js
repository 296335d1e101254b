/** The whole window is a target for files; the panel shows it. Returns a function that ends it. */
export function dropAnywhere(panel, take) {
    let depth = 0;
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const enter = (event) => {
        if (carriesFiles(event)) {
            depth += 1;
            panel.classList.add("target");
        }
    };
    const leave = () => {
        depth = Math.max(0, depth - 1);
        panel.classList.toggle("target", depth > 0);
    };
    const over = (event) => {
        if (carriesFiles(event)) {
            event.preventDefault();
        }
    };
    const drop = (event) => {
        depth = 0;
        panel.classList.remove("target");
        if (event.dataTransfer?.files.length) {
            event.preventDefault();
            take(event.dataTransfer.files);
        }
    };
    const listeners = {dragenter: enter, dragleave: leave, dragover: over, drop};
    Object.entries(listeners).forEach(([name, listener]) => document.addEventListener(name, listener));
    return () => Object.entries(listeners).forEach(([name, listener]) => document.removeEventListener(name, listener));
}

/** Files that are pasted anywhere on the page. Returns a function that ends it. */
export function pasteAnywhere(take) {
    const paste = (event) => {
        const files = [...(event.clipboardData?.files ?? [])];
        if (files.length) {
            event.preventDefault();
            take(files);
        }
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
}
