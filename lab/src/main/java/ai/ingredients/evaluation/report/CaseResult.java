package ai.ingredients.evaluation.report;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured of one case.
 *
 * @param index of the case
 * @param name in reports
 * @param caption it was made from
 * @param people names of the people, in the order of their photos
 * @param figures of the video by name; NaN for what does not exist
 * @param perPerson figures of each person by name
 * @param error why nothing was measured; empty when all went well
 */
public record CaseResult(
        int index,
        String name,
        String caption,
        List<String> people,
        Map<String, Double> figures,
        List<Map<String, Double>> perPerson,
        String error) {
    public CaseResult {
        people = List.copyOf(people);
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        perPerson = List.copyOf(perPerson);
    }

    /** A case that could not be made or measured. */
    public static CaseResult failed(int index, String name, String error) {
        return new CaseResult(index, name, "", List.of(), Map.of(), List.of(), error);
    }

    /** Whether there are figures. */
    public boolean ok() {
        return error.isEmpty();
    }

    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("case", index);
        json.put("name", name);
        json.put("caption", caption);
        if (!ok()) {
            json.put("error", error);
        }
        json.set("figures", json(figures));
        ArrayNode list = json.putArray("people");
        for (int n = 0; n < people.size(); n++) {
            ObjectNode person = list.addObject().put("id", people.get(n));
            if (n < perPerson.size()) {
                person.set("figures", json(perPerson.get(n)));
            }
        }
        return json;
    }

    private static ObjectNode json(Map<String, Double> figures) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        figures.forEach((name, value) -> {
            if (Double.isNaN(value)) {
                json.putNull(name);
            } else {
                json.put(name, value);
            }
        });
        return json;
    }

    /**
     * Reads what {@link #json} was written as.
     *
     * @throws InvalidInputException when the file is damaged
     */
    public static CaseResult read(Path file) {
        JsonNode json = JsonFile.read(file);
        if (!json.path("case").isInt() || !json.path("figures").isObject()) {
            throw new InvalidInputException(file + ": is no result of a case; remove it to have the case made again");
        }
        List<JsonNode> people = new java.util.ArrayList<>();
        json.path("people").forEach(people::add);
        return new CaseResult(
                json.path("case").intValue(),
                json.path("name").asText(),
                json.path("caption").asText(),
                people.stream().map(person -> person.path("id").asText()).toList(),
                figures(json.path("figures")),
                people.stream().map(person -> figures(person.path("figures"))).toList(),
                "");
    }

    private static Map<String, Double> figures(JsonNode json) {
        Map<String, Double> figures = new LinkedHashMap<>();
        json.properties()
                .forEach(entry -> figures.put(
                        entry.getKey(),
                        entry.getValue().isNumber() ? entry.getValue().doubleValue() : Double.NaN));
        return figures;
    }
}
