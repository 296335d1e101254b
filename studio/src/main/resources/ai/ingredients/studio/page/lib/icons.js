const NS = "http://www.w3.org/2000/svg";

/** Paths in a square of 24. Drawn for this page. */
const PATHS = {
    plus: "M12 5v14M5 12h14",
    close: "M6 6l12 12M18 6L6 18",
    photo: "M4 6.5h16v11H4zM4 15l4.5-4 3.5 3 3-2.5 5 4M9 9.2h.01",
    person: "M12 12.2a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6zM4.8 20c.7-3.6 3.6-5.4 7.2-5.4s6.5 1.8 7.2 5.4",
    library: "M8.5 11a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400zM2.5 19c.5-3.2 2.9-4.8 6-4.800s5.5 1.6 6 4.800M16 4.800a3.2 3.2 0 0 1 0 6M18 14.600c2 .7 3.2 2.2 3.5 4.4",
    spark: "M12 3.500l1.9 5.6 5.6 1.9-5.6 1.900L12 18.500l-1.9-5.600L4.5 11l5.6-1.900zM19 16.500v4M17 18.500h4",
    idea: "M9.5 18h5M10.5 21h3M12 3a6 6 0 0 0-3.6 10.800c.7.6 1.1 1.3 1.1 2.200h5c0-.9.4-1.6 1.1-2.200A6 6 0 0 0 12 3z",
    sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4",
    trash: "M4.5 7h15M9.5 7V4.500h5V7M6.5 7l.8 12.500h9.400L17.5 7M10.3 10.500v5.500M13.7 10.500v5.5",
    download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.500M5 19.500h14",
    again: "M19.5 12a7.5 7.5 0 1 1-2.3-5.400M19.5 3.500v4h-4",
    compare: "M4 5.500h7v13H4zM13 5.500h7v13h-7z",
    search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.300L20 20",
    info: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5.500M12 7.800h.01",
    warn: "M12 4l9 15.500H3zM12 10v4.500M12 17h.01",
    check: "M5 12.500l4.5 4.500L19 7.5",
    layers: "M12 4l8.5 4.500L12 13 3.5 8.500zM3.5 12.500L12 17l8.5-4.500M3.5 16.500L12 21l8.5-4.5",
    edit: "M4.5 19.500l.9-4L16 4.900l3.1 3.100L8.5 18.600zM13.8 7.100l3.1 3.1",
    dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
    play: "M8 5.500l11 6.5-11 6.500z",
    more: "M6 12h.01M12 12h.01M18 12h.01",
    hand: "M4 12.500l5 5L20 6.5",
    lock: "M6.5 11h11v8.500h-11zM9 11V8a3 3 0 0 1 6 0v3",
    film: "M4 5.500h16v13H4zM8 5.500v13M16 5.500v13M4 10h4M4 14h4M16 10h4M16 14h4",
    copy: "M9 9h10v10H9zM5 15V5h10",
};

/** A picture for the eye alone; what it means stands beside it or in the button's label. */
export function icon(name) {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    const path = document.createElementNS(NS, "path");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
}

/** Three circles that overlap: people who become one picture. Shown where there is nothing yet. */
export function emptyMark() {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", "0 0 64 64");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "empty-mark");
    for (const [x, y, tone] of [[24, 26, 1], [40, 26, 2], [32, 39, 3]]) {
        const circle = document.createElementNS(NS, "circle");
        circle.setAttribute("cx", x);
        circle.setAttribute("cy", y);
        circle.setAttribute("r", 13);
        circle.setAttribute("class", `tone-${tone}`);
        circle.style.setProperty("fill", "color-mix(in srgb, var(--person) 55%, transparent)");
        svg.append(circle);
    }
    return svg;
}
