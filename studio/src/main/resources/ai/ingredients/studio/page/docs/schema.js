/** Schemas as a reader wants them: a short word for the type, and the fields of an object. */

/** What `$ref` points to, in the document. */
export function resolve(document, node) {
    let found = node;
    for (let hops = 0; found?.$ref && hops < 8; hops += 1) {
        found = found.$ref
            .replace(/^#\//, "")
            .split("/")
            .reduce((at, part) => at?.[part.replace(/~1/g, "/").replace(/~0/g, "~")], document);
    }
    return found ?? {};
}

/** "string", "array of Person", "a | b". */
export function typeWords(schema) {
    if (!schema) {
        return "";
    }
    if (schema.$ref) {
        return schema.$ref.split("/").at(-1);
    }
    const several = schema.oneOf ?? schema.anyOf;
    if (several) {
        return several.map(typeWords).filter(Boolean).join(" | ");
    }
    if (schema.allOf) {
        return schema.allOf.map(typeWords).filter(Boolean).join(" & ");
    }
    if (schema.enum) {
        return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    }
    if (schema.const !== undefined) {
        return JSON.stringify(schema.const);
    }
    const type = [schema.type].flat().filter(Boolean);
    if (type.includes("array")) {
        return `array of ${typeWords(schema.items) || "anything"}`;
    }
    return [type.join(" | "), schema.format && `(${schema.format})`].filter(Boolean).join(" ");
}

/** The name of the object that a schema points to, if any; of an array that of its items. */
export function refName(schema) {
    const ref = schema?.$ref ?? schema?.items?.$ref;
    return ref?.startsWith("#/components/schemas/") ? ref.split("/").at(-1) : null;
}

/** Fields of an object, with those of what it is put together from. */
export function fieldsOf(document, schema) {
    const whole = resolve(document, schema);
    const own = Object.entries(whole.properties ?? {}).map(([name, field]) => ({
        name,
        field,
        required: (whole.required ?? []).includes(name),
    }));
    return [...(whole.allOf ?? []).flatMap((part) => fieldsOf(document, part)), ...own];
}

/** Bounds and the default of a field, as words. */
export function boundWords(field) {
    const words = [];
    if (field.minimum !== undefined || field.maximum !== undefined) {
        words.push(`${field.minimum ?? "…"} – ${field.maximum ?? "…"}`);
    }
    if (field.minItems !== undefined || field.maxItems !== undefined) {
        words.push(`${field.minItems ?? 0} – ${field.maxItems ?? "…"} items`);
    }
    if (field.default !== undefined && field.default !== null) {
        words.push(`= ${JSON.stringify(field.default)}`);
    }
    return words.join(", ");
}
