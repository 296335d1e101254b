import {content, get} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {emptyMark, icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {explain} from "../lib/tell.js";
import {player} from "./player.js";
import {recipeLines} from "./recipe.js";

const MOST = 4;

/** Videos side by side, at the same moment of each, with what differs in how they were made. */
export function comparePage(ids) {
    const screens = h("div.compare-screens");
    const table = h("div.compare-table");
    const choose = h("div");
    const play = h("button.button", {type: "button"});
    const element = h(
        "div",
        {},
        h(
            "div.page-head",
            {},
            h("div", {}, h("h1", {tabindex: "-1"}, t("compare.title")), h("p", {}, t("compare.lead"))),
            h("div.row", {}, play),
        ),
        screens,
        table,
        choose,
    );
    let films = [];

    const inStep = () => {
        const [first, ...others] = films;
        others
            .filter((film) => Math.abs(film.currentTime - first.currentTime) > 0.12)
            .forEach((film) => {
                film.currentTime = Math.min(first.currentTime, film.duration || 0);
            });
    };
    const showPlay = () => {
        const paused = films.every((film) => film.paused);
        fill(play, icon(paused ? "play" : "close"), t(paused ? "compare.play" : "compare.pause"));
        play.hidden = films.length < 2;
    };
    play.addEventListener("click", () => {
        const paused = films.every((film) => film.paused);
        films.forEach((film) => (paused ? film.play().catch(() => {}) : film.pause()));
        inStep();
    });
    const load = async () => {
        try {
            const videos = await Promise.all(
                ids.slice(0, MOST).map((id) => get(`v1/videos/${encodeURIComponent(id)}`)),
            );
            const players = videos.map((video) => player(video));
            films = players.map((one) => one.film);
            films[0]?.addEventListener("timeupdate", inStep);
            films.forEach((film) => ["play", "pause"].forEach((event) => film.addEventListener(event, showPlay)));
            fill(
                screens,
                players.map((one, index) =>
                    h(
                        "figure.compare-screen",
                        {},
                        one.element,
                        h("figcaption", {}, h("a", {href: `#/video/${videos[index].id}`}, videos[index].prompt)),
                    ),
                ),
            );
            screens.dataset.count = String(videos.length);
            fill(table, videos.length > 1 && differences(videos));
            showPlay();
            if (videos.length < MOST) {
                fill(choose, await others(ids));
            }
        } catch (error) {
            fill(screens, h("p.note.bad", {role: "alert"}, error.status === 404 ? t("video.gone") : explain(error)));
        }
    };
    load();
    return {element, title: t("compare.title"), end: () => films.forEach((film) => film.pause())};
}

/** The recipes as a table; lines that differ first and marked. */
function differences(videos) {
    const all = videos.map((video) => new Map(recipeLines(video).map((line) => [line.field, line])));
    const fields = [...new Set(all.flatMap((lines) => [...lines.keys()]))].filter(
        (field) => !["made", "expires"].includes(field),
    );
    const rows = fields
        .map((field) => {
            const words = all.map((lines) => lines.get(field)?.words ?? "–");
            return {
                label: all.map((lines) => lines.get(field)?.label).find(Boolean),
                words,
                differs: new Set(words).size > 1,
            };
        })
        .sort((one, other) => Number(other.differs) - Number(one.differs));
    return h(
        "div.table-scroll",
        {tabindex: "0", role: "region", "aria-label": t("recipe.title")},
        h(
            "table",
            {},
            h("caption.visually-hidden", {}, t("recipe.title")),
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    h("td"),
                    videos.map((video, index) => h("th", {scope: "col"}, t("compare.number", {number: index + 1}))),
                ),
            ),
            h(
                "tbody",
                {},
                rows.map((row) =>
                    h(
                        "tr",
                        {class: row.differs ? "differs" : ""},
                        h("th", {scope: "row"}, row.label),
                        row.words.map((words) => h("td.numbers", {}, words)),
                    ),
                ),
            ),
        ),
    );
}

async function others(ids) {
    const videos = (await get("v1/videos?limit=24&order=desc")).data.filter(
        (video) => video.status === "completed" && !ids.includes(video.id),
    );
    return videos.length
        ? h(
              "section.compare-choose",
              {},
              h("h2", {}, t("compare.add")),
              h(
                  "ul.compare-list",
                  {},
                  videos.map((video) =>
                      h(
                          "li",
                          {},
                          h(
                              "a",
                              {href: `#/compare/${[...ids, video.id].join(",")}`, title: video.prompt},
                              h("img", {src: content(video.id, "thumbnail"), alt: video.prompt, loading: "lazy"}),
                          ),
                      ),
                  ),
              ),
          )
        : h("div.empty", {}, emptyMark(), h("p", {}, t("compare.nobody")));
}
