import {h} from "../lib/dom.js";
import {t} from "../lib/strings.js";
import {inline, prose} from "./prose.js";
import {boundWords, fieldsOf, refName, resolve, typeWords} from "./schema.js";

const METHODS = ["get", "post", "put", "patch", "delete", "head"];

/** All operations of a description: {id, method, path, operation, tag}. */
export function operationsOf(document) {
    return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
        METHODS.filter((method) => item[method]).map((method) => ({
            id: `${method}${path.replace(/[^\w]+/g, "-")}`.replace(/-$/, ""),
            method,
            path,
            tag: item[method].tags?.[0] ?? groupOf(path),
            operation: {...item[method], parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])]},
        })),
    );
}

/** Where a description has no tags: what the path is about, "Videos" for /v1/videos/{id}. */
function groupOf(path) {
    const subject = path.match(/^\/v\d+\/([a-z]+)/)?.[1];
    return subject ? subject[0].toUpperCase() + subject.slice(1) : t("docs.other");
}

/** One operation: what it does, what it takes, what it answers. */
export function operationView(document, {id, method, path, operation}) {
    const parameters = operation.parameters.map((parameter) => resolve(document, parameter));
    const body = resolve(document, operation.requestBody);
    return h(
        "article.operation",
        {id, "aria-labelledby": `${id}-title`},
        h("h3", {id: `${id}-title`, tabindex: "-1"}, operation.summary ?? `${method.toUpperCase()} ${path}`),
        h("p.route", {}, h("span.method", {class: method}, method.toUpperCase()), h("code", {}, path)),
        prose(operation.description),
        parameters.length > 0 && [
            h("h4", {}, t("docs.parameters")),
            fieldTable(
                parameters.map((parameter) => ({
                    name: parameter.name,
                    note: parameter.in,
                    required: parameter.required,
                    field: parameter.schema ?? {},
                    description: parameter.description,
                })),
            ),
        ],
        body.content && [h("h4", {}, t("docs.body")), prose(body.description), bodies(document, body.content)],
        h("h4", {}, t("docs.answers")),
        answers(document, operation.responses ?? {}),
    );
}

/** An object of the API. */
export function schemaView(document, name, schema) {
    const fields = fieldsOf(document, schema);
    return h(
        "article.operation",
        {id: `schema-${name}`},
        h("h3", {tabindex: "-1"}, name),
        prose(schema.description),
        fields.length ? fieldTable(fields) : h("p", {}, h("code", {}, typeWords(schema))),
    );
}

function bodies(document, content) {
    return Object.entries(content).map(([type, {schema}]) => {
        const named = refName(schema);
        return h(
            "div.body",
            {},
            h("p.small", {}, h("code", {}, type), named && [" · ", schemaLink(named)]),
            !named && fieldsOf(document, schema).length > 0 && fieldTable(fieldsOf(document, schema)),
        );
    });
}

function answers(document, responses) {
    return h(
        "dl.answers",
        {},
        Object.entries(responses).map(([code, response]) => {
            const whole = resolve(document, response);
            const schemas = Object.entries(whole.content ?? {}).map(([type, {schema}]) => [type, refName(schema)]);
            return h(
                "div",
                {},
                h("dt", {class: code.startsWith("2") ? "fine" : ""}, code),
                h(
                    "dd",
                    {},
                    inline(whole.description),
                    schemas.map(([type, name]) => h("span.faint.small", {}, " · ", name ? schemaLink(name) : type)),
                ),
            );
        }),
    );
}

function fieldTable(fields) {
    return h(
        "div.table-scroll",
        {tabindex: "0"},
        h(
            "table.fields",
            {},
            h(
                "thead.visually-hidden",
                {},
                h(
                    "tr",
                    {},
                    h("th", {scope: "col"}, t("docs.name")),
                    h("th", {scope: "col"}, t("docs.type")),
                    h("th", {scope: "col"}, t("docs.meaning")),
                ),
            ),
            h(
                "tbody",
                {},
                fields.map(({name, note, required, field, description}) =>
                    h(
                        "tr",
                        {},
                        h(
                            "th",
                            {scope: "row"},
                            h("code", {}, name),
                            required && h("span.needed", {}, t("docs.required")),
                            note && h("span.faint.tiny.block", {}, note),
                        ),
                        h(
                            "td.type",
                            {},
                            refName(field) ? schemaLink(refName(field), typeWords(field)) : typeWords(field),
                            boundWords(field) && h("span.faint.tiny.block", {}, boundWords(field)),
                        ),
                        h("td", {}, inline(description ?? field.description ?? "")),
                    ),
                ),
            ),
        ),
    );
}

function schemaLink(name, words = name) {
    return h("a", {href: `#schema-${name}`}, words);
}
