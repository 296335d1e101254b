import {append, fill, h} from "../lib/dom.js";
import {loadStrings, t} from "../lib/strings.js";
import {explain} from "../lib/tell.js";
import {ApiError} from "../lib/api.js";
import {languageButton, themeButton} from "../lib/taste.js";
import {operationView, operationsOf, schemaView} from "./operation.js";
import {prose} from "./prose.js";
import {parseYaml} from "./yaml.js";

/** The description of the API, to be read: what openapi.yaml says and nothing else. */
async function begin() {
    await loadStrings();
    document.title = `${t("docs.title")} · Ingredients Studio`;
    const main = h("main.docs", {id: "main"}, h("p.soft", {}, t("loading")));
    append(document.getElementById("app"), [
        h(
            "header.bar",
            {},
            h(
                "a.brand",
                {href: "./"},
                h("img", {src: "icons/studio.svg", alt: "", width: "28", height: "28"}),
                h("span", {}, "Ingredients Studio"),
            ),
            h("div.tools", {}, h("a.button.quiet", {href: "./"}, t("docs.back")), languageButton(), themeButton()),
        ),
        main,
    ]);
    try {
        const answer = await fetch("openapi.yaml");
        if (!answer.ok) {
            throw new ApiError(answer.status, {message: `HTTP ${answer.status}`});
        }
        show(main, parseYaml(await answer.text()));
    } catch (error) {
        fill(
            main,
            h("div.docs-text", {}, h("h1", {}, t("docs.title")), h("p.note.bad", {role: "alert"}, explain(error))),
        );
    }
    document.documentElement.dataset.ready = "true";
}

function show(main, description) {
    const operations = operationsOf(description);
    const tags = [...new Set(operations.map((one) => one.tag))];
    const schemas = Object.entries(description.components?.schemas ?? {});
    const contents = h(
        "nav.contents",
        {"aria-label": t("docs.contents")},
        tags.map((tag) => [
            h("p.contents-head", {}, tag),
            h("ul", {}, operations.filter((one) => one.tag === tag).map(contentsLink)),
        ]),
        schemas.length > 0 && [
            h("p.contents-head", {}, t("docs.schemas")),
            h(
                "ul",
                {},
                schemas.map(([name]) => h("li", {}, h("a", {href: `#schema-${name}`}, name))),
            ),
        ],
    );
    fill(
        main,
        contents,
        h(
            "div.docs-text",
            {},
            h("h1", {}, description.info?.title ?? t("docs.title")),
            h(
                "p.docs-lead",
                {},
                t("docs.lead"),
                " ",
                h("a", {href: "openapi.yaml"}, t("docs.raw")),
                description.info?.version && h("span.badge", {}, String(description.info.version)),
            ),
            prose(description.info?.description),
            tags.map((tag) =>
                h(
                    "section",
                    {},
                    h("h2", {}, tag),
                    prose((description.tags ?? []).find((one) => one.name === tag)?.description),
                    operations.filter((one) => one.tag === tag).map((one) => operationView(description, one)),
                ),
            ),
            schemas.length > 0 &&
                h(
                    "section",
                    {},
                    h("h2", {}, t("docs.schemas")),
                    schemas.map(([name, schema]) => schemaView(description, name, schema)),
                ),
        ),
    );
    if (location.hash) {
        document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
    }
}

function contentsLink({id, method, path, operation}) {
    return h(
        "li",
        {},
        h(
            "a",
            {href: `#${id}`},
            h("span.method", {class: method}, method === "delete" ? "DEL" : method.toUpperCase()),
            h("span", {}, operation.summary ?? path),
        ),
    );
}

begin();
