import {get} from "../lib/api.js";
import {debounce, fill, h, newId} from "../lib/dom.js";
import {emptyMark, icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {announce, explain} from "../lib/tell.js";
import {RECENT, recent} from "./active.js";
import {videoCard} from "./card.js";

/** All videos, newest first, found by words of their prompts; two or more of them side by side. */
export function galleryPage() {
    const id = newId("search");
    const search = h("input.input.search-input", {
        id,
        type: "search",
        placeholder: t("gallery.search"),
        autocomplete: "off",
    });
    const grid = h("ul.gallery");
    const more = h("button.button", {type: "button", hidden: true}, t("gallery.more"));
    const message = h("div");
    const compare = h("a.button.primary", {hidden: true}, icon("compare"), h("span"));
    const element = h(
        "div",
        {},
        h(
            "div.page-head",
            {},
            h("div", {}, h("h1", {tabindex: "-1"}, t("gallery.title")), h("p", {}, t("gallery.lead"))),
            h(
                "div.row",
                {},
                compare,
                h(
                    "div.search",
                    {role: "search"},
                    h("label.visually-hidden", {for: id}, t("gallery.search")),
                    icon("search"),
                    search,
                ),
            ),
        ),
        grid,
        message,
        h("div.row.more-row", {}, more),
    );
    const cards = new Map();
    const picked = new Set();
    let last = null;
    let loaded = false;
    let newest = 0;
    let asked = 0;

    const add = (video, atFront) => {
        const card = videoCard(video, {
            picked: picked.has(video.id),
            onPick: (on) => {
                picked[on ? "add" : "delete"](video.id);
                showCompare();
            },
        });
        cards.set(video.id, card);
        newest = Math.max(newest, video.created_at);
        if (atFront) {
            grid.prepend(card.element);
        } else {
            grid.append(card.element);
        }
    };
    const showCompare = () => {
        compare.hidden = picked.size < 2;
        compare.href = `#/compare/${[...picked].join(",")}`;
        compare.lastChild.textContent = t("compare.these", {count: picked.size});
    };
    const showEmpty = () => {
        fill(
            message,
            cards.size
                ? null
                : search.value.trim()
                  ? h(
                        "div.empty",
                        {},
                        icon("search"),
                        h("h2", {}, t("gallery.nothing")),
                        h("p", {}, t("gallery.nothingWhy")),
                    )
                  : h(
                        "div.empty",
                        {},
                        emptyMark(),
                        h("h2", {}, t("gallery.empty")),
                        h("p", {}, t("gallery.emptyWhy")),
                        h("a.button.primary", {href: "#/"}, t("gallery.begin")),
                    ),
        );
    };
    const load = async (fresh) => {
        asked += 1;
        const mine = asked;
        const query = new URLSearchParams({limit: RECENT, order: "desc"});
        if (search.value.trim()) {
            query.set("q", search.value.trim());
        }
        if (!fresh && last) {
            query.set("after", last);
        }
        try {
            const answer = await get(`v1/videos?${query}`);
            if (mine !== asked) {
                return;
            }
            if (fresh) {
                cards.clear();
                fill(grid);
            }
            answer.data.filter((video) => !cards.has(video.id)).forEach((video) => add(video, false));
            last = answer.last_id ?? answer.data.at(-1)?.id ?? last;
            more.hidden = !answer.has_more;
            loaded = true;
            showEmpty();
            if (search.value.trim()) {
                announce(t("gallery.found", {count: cards.size}));
            }
        } catch (error) {
            fill(message, h("p.note.bad", {role: "alert"}, explain(error)));
        }
    };
    /** Of the videos that a look at the newest ones would have found, those are gone that it has not. */
    const dropDeleted = () => {
        const there = new Set((recent.value ?? []).map((video) => video.id));
        const since = there.size < RECENT ? 0 : Math.min(...recent.value.map((video) => video.created_at)) + 1;
        for (const [id, card] of cards) {
            if (!there.has(id) && card.createdAt >= since) {
                card.element.remove();
                cards.delete(id);
            }
        }
    };
    const follow = () => {
        for (const video of [...(recent.value ?? [])].reverse()) {
            const card = cards.get(video.id);
            if (card) {
                card.update(video);
            } else if (!search.value.trim() && loaded && video.created_at >= newest) {
                add(video, true);
            }
        }
        if (!search.value.trim()) {
            dropDeleted();
        }
        if (loaded) {
            showEmpty();
        }
    };
    search.addEventListener(
        "input",
        debounce(() => {
            last = null;
            loaded = false;
            load(true);
        }, 250),
    );
    more.addEventListener("click", () => load(false));
    const end = recent.watch(follow);
    load(true);
    return {element, title: t("gallery.title"), end};
}
