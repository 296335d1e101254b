import {get, post} from "../lib/api.js";
import {h} from "../lib/dom.js";
import {icon} from "../lib/icons.js";
import {tabRemember, tabRemembered} from "../lib/memory.js";
import {signal} from "../lib/signal.js";
import {t} from "../lib/strings.js";
import {announce, explain, toast, toastError} from "../lib/tell.js";
import {activeVideos, learn, recent, videosChanged} from "../videos/active.js";
import {cast, changePerson, dropPerson, firstFrame, people, places, prompt, settings} from "./draft.js";
import {givenPanel} from "./given-panel.js";
import {chosenModel, continuesAPicture} from "./model.js";
import {promptPanel} from "./prompt-panel.js";
import {recentStrip} from "./recent-strip.js";
import {requestOf} from "./request.js";
import {settingsPanel, summary} from "./settings-panel.js";
import {stage} from "./stage.js";

/** The videos that this tab has in front; they stay through a reload. */
const watched = signal(JSON.parse(tabRemembered("watched") ?? "[]"));
watched.watch((ids) => tabRemember("watched", JSON.stringify(ids)));

/** Put people and words together, see the video come. */
export function createPage(capabilities) {
    const make = h("button.button.primary.big", {
        type: "button",
        data: {test: "make"},
        "aria-keyshortcuts": "Control+Enter",
    });
    const label = h("span", {}, t("make"));
    const note = h("span.make-note.numbers");
    const problem = h("p.note.bad", {role: "alert", hidden: true});
    make.append(icon("play"), label);

    const who = givenPanel(capabilities);
    const what = promptPanel(capabilities, h("div.make", {}, note, make));
    const how = settingsPanel(capabilities);
    const screen = stage(capabilities, watched);
    const lately = recentStrip();
    const element = h(
        "div.create",
        {},
        h("h1.visually-hidden", {tabindex: "-1"}, t("create.title")),
        h("div.create-who", {}, who.element),
        h("div.create-what", {}, what.element, problem),
        h("div.create-how", {}, how.element),
        h("div.create-stage", {}, screen.element, lately.element),
    );

    const refuse = (text) => {
        problem.hidden = !text;
        problem.textContent = text ?? "";
    };
    const submit = async () => {
        refuse(null);
        const obstacle = obstacleToMaking(capabilities);
        if (obstacle) {
            refuse(obstacle);
            what.focus();
            return;
        }
        make.disabled = true;
        label.textContent = t("make.sending");
        try {
            const body = requestOf({
                model: chosenModel(capabilities.value, settings.value),
                people: cast.value.filter((person) => person.state === "ready"),
                firstFrame: firstFrame.value?.data,
                prompt: prompt.value,
                places: places.value,
                settings: settings.value,
            });
            const video = await post("v1/videos", body, {"Idempotency-Key": key()});
            learn(video);
            watched.value = [video.id, ...(video.siblings ?? []).filter((id) => id !== video.id)];
            announce(t("make.accepted"));
            videosChanged();
            if (matchMedia("(max-width: 62rem)").matches) {
                screen.element.scrollIntoView({block: "start", behavior: "smooth"});
            }
        } catch (error) {
            refuse(explain(error));
        } finally {
            make.disabled = false;
            label.textContent = t("make");
        }
    };
    const keys = (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !make.disabled) {
            event.preventDefault();
            submit();
        }
    };
    make.addEventListener("click", submit);
    element.addEventListener("keydown", keys);
    const say = () => {
        note.textContent = summary(capabilities);
    };
    const ends = [
        settings.watch(say),
        capabilities.watch(say),
        prompt.watch(() => refuse(null)),
        firstFrame.watch(() => refuse(null)),
        who.end,
        what.end,
        how.end,
        screen.end,
        lately.end,
        adoptRunning(),
    ];
    say();
    fetchPeople();
    return {element, title: t("create.title"), end: () => ends.forEach((end) => end())};
}

function obstacleToMaking(capabilities) {
    const model = chosenModel(capabilities.value, settings.value);
    if (!model) {
        return t("make.noModel");
    }
    if (!prompt.value.trim()) {
        return t("prompt.writeFirst");
    }
    const given = continuesAPicture(model) ? [firstFrame.value] : cast.value;
    if (given.some((photo) => photo?.state === "reading")) {
        return t("make.stillReading");
    }
    if (continuesAPicture(model)) {
        return firstFrame.value?.state === "ready" ? null : t("frame.missing");
    }
    if (given.some((person) => person.state === "failed")) {
        return t("make.failedPhoto");
    }
    return null;
}

/** A request that is sent twice, by a shaky line, is one video. */
function key() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
        "",
    );
}

/** Nothing is watched here yet but something is being made: that is what one comes to see. */
function adoptRunning() {
    const look = () => {
        const running = activeVideos();
        if (!watched.value.length && running.length && recent.value) {
            watched.value = running.map((video) => video.id).reverse();
        }
        const there = new Set((recent.value ?? []).map((video) => video.id));
        if (recent.value && watched.value.length && !watched.value.some((id) => there.has(id))) {
            watched.value = [];
        }
    };
    look();
    return recent.watch(look);
}

/** The draft knows people by id; their photos, and whether they are still there, the server knows. */
function fetchPeople() {
    for (const person of people.value.filter((one) => one.id && !one.photos.length)) {
        get(`v1/people/${encodeURIComponent(person.id)}`)
            .then((known) => changePerson(person.key, {photos: known.photos, photo: known.photo}))
            .catch((error) => {
                if (error.status === 404 || error.status === 410) {
                    dropPerson(person.key);
                    toast(t("people.gone", {name: person.name || t("people.someone")}));
                } else {
                    toastError(error);
                }
            });
    }
}
