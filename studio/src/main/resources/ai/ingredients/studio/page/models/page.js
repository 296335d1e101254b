import {get} from "../lib/api.js";
import {fill, h} from "../lib/dom.js";
import {megabytes, number} from "../lib/format.js";
import {icon} from "../lib/icons.js";
import {t} from "../lib/strings.js";
import {explain, toast, toastError} from "../lib/tell.js";
import {forgetDraft} from "../create/draft.js";
import {deleteEverything} from "../videos/delete.js";
import {retention} from "../create/settings-panel.js";

const AGAIN = 5000;

/** Models with the memory they take and what was found about them; and everything that is kept here, with a way out. */
export function modelsPage(capabilities) {
    const health = h("div.row");
    const models = h("ul.models");
    const element = h(
        "div",
        {},
        h(
            "div.page-head",
            {},
            h("div", {}, h("h1", {tabindex: "-1"}, t("models.title")), h("p", {}, t("models.lead"))),
            health,
        ),
        models,
        yourData(capabilities),
    );
    let timer = null;
    let ended = false;

    const look = async () => {
        try {
            const now = await get("v1/capabilities");
            capabilities.value = now;
            showModels(now);
        } catch (error) {
            fill(models, h("li.note.bad", {role: "alert"}, explain(error)));
        }
        const ready = await fetch("health/ready").then(
            (answer) => answer.ok,
            () => false,
        );
        fill(
            health,
            loadedWords(capabilities.value),
            h("span.badge", {class: ready ? "on" : "bad"}, t(ready ? "models.ready" : "models.notReady")),
        );
        if (!ended) {
            timer = setTimeout(look, AGAIN);
        }
    };
    let shown = null;
    const showModels = (now) => {
        const sign = JSON.stringify(now.models);
        if (sign !== shown) {
            shown = sign;
            const most = Math.max(1, ...now.models.map((model) => model.memory_mb ?? 0));
            fill(
                models,
                now.models.length
                    ? now.models.map((model) => modelCard(model, most))
                    : h("li.note.warn", {}, t("make.noModel")),
            );
        }
    };
    look();
    return {
        element,
        title: t("models.title"),
        end: () => {
            ended = true;
            clearTimeout(timer);
        },
    };
}

function modelCard(model, most) {
    const facts = [
        ["settings.size", (model.sizes ?? []).map((size) => size.replace("x", " × ")).join(", ")],
        [
            "models.frames",
            model.frames &&
                t("models.framesWords", {
                    usual: model.frames.default,
                    most: model.frames.max ?? model.frames.default,
                    rule: model.frames.rule,
                }),
        ],
        ["models.fps", model.fps],
        ["people.title", model.people?.max && t("models.peopleWords", {count: model.people.max})],
        ["settings.num_inference_steps", model.defaults?.num_inference_steps],
        ["settings.guidance_scale", present(model.defaults?.guidance_scale)],
        ["settings.image_guidance_scale", present(model.defaults?.image_guidance_scale)],
    ].filter(([, words]) => words !== null && words !== undefined && words !== "" && words !== false);
    const memory = model.memory_mb ?? 0;
    return h(
        "li.card.model",
        {},
        h(
            "div.row.apart",
            {},
            h("h2", {}, model.id),
            h("span.badge", {class: model.loaded ? "on" : ""}, t(model.loaded ? "models.loaded" : "models.asleep")),
        ),
        memory > 0 &&
            h(
                "div.memory",
                {},
                h(
                    "div.row.apart.small",
                    {},
                    h("span.soft", {}, t("models.memory")),
                    h("strong.numbers", {}, megabytes(memory)),
                ),
                h(
                    "div.meter",
                    {"aria-hidden": "true"},
                    h("span", {style: {width: `${Math.max(2, (memory / most) * 100)}%`}}),
                ),
            ),
        h(
            "dl.recipe",
            {},
            facts.map(([key, words]) => h("div", {}, h("dt", {}, t(key)), h("dd.numbers", {}, String(words)))),
        ),
        h("div.findings", {}, h("h3", {}, t("models.findings")), findings(model)),
    );
}

/** How much memory models take at this moment. */
function loadedWords(capabilities) {
    const loaded = capabilities?.loaded_mb;
    return loaded > 0 && h("span.small.soft.numbers", {}, t("models.loadedNow", {memory: megabytes(loaded)}));
}

function present(value) {
    return value === null || value === undefined ? null : number(value);
}

function findings(model) {
    const all = model.findings ?? [];
    return all.length
        ? h(
              "ul",
              {},
              all.map((finding) => {
                  const serious =
                      typeof finding === "object" &&
                      /warn|error|bad|problem|fail/i.test(finding.level ?? finding.severity ?? finding.kind ?? "");
                  return h(
                      "li.finding",
                      {class: serious ? "serious" : ""},
                      icon(serious ? "warn" : "info"),
                      h(
                          "span",
                          {},
                          typeof finding === "string" ? finding : (finding.message ?? JSON.stringify(finding)),
                      ),
                  );
              }),
          )
        : h("p.small.soft", {}, t("models.noFindings"));
}

function yourData(capabilities) {
    const words = h("p.small.soft", {}, "");
    const progress = h("p.small", {role: "status"});
    const button = h(
        "button.button.danger",
        {type: "button", data: {test: "delete-all"}},
        icon("trash"),
        t("delete.allButton"),
    );
    const say = () => {
        words.textContent = `${t("data.what")} ${retention(capabilities)}`;
    };
    button.addEventListener("click", async () => {
        try {
            const gone = await deleteEverything((now) => {
                progress.textContent = t("delete.allProgress", now);
            });
            if (gone) {
                forgetDraft();
                progress.textContent = t("delete.allDone", gone);
                toast(t("delete.allDone", gone));
            }
        } catch (error) {
            toastError(error);
        }
    });
    capabilities.watch(say);
    say();
    return h(
        "section.card.data",
        {"aria-labelledby": "data-title"},
        icon("lock"),
        h("div", {}, h("h2", {id: "data-title"}, t("data.title")), words, progress),
        button,
    );
}
