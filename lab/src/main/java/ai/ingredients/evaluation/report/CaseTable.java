package ai.ingredients.evaluation.report;

import ai.ingredients.OperationFailedException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All cases as a table: a row for the video, then one for each person. */
public final class CaseTable {
    private CaseTable() {}

    /**
     * The table as CSV with a header: {@code case, name, person, error, caption}, then every figure; an empty field where a
     * figure does not exist, and no {@code person} in the row of a video.
     */
    public static String csv(List<CaseResult> results) {
        List<Map<String, Object>> rows = new ArrayList<>();
        Set<String> figures = new LinkedHashSet<>();
        for (CaseResult result : results) {
            rows.add(row(result, "", result.figures()));
            figures.addAll(result.figures().keySet());
            for (int n = 0; n < result.perPerson().size(); n++) {
                rows.add(row(result, result.people().get(n), result.perPerson().get(n)));
            }
        }
        CsvSchema.Builder schema = CsvSchema.builder().setUseHeader(true);
        List.of("case", "name", "person", "error", "caption").forEach(schema::addColumn);
        figures.forEach(schema::addColumn);
        try {
            return CsvMapper.builder().build().writer(schema.build()).writeValueAsString(rows);
        } catch (JsonProcessingException e) {
            throw new OperationFailedException("the table of cases cannot be written: " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> row(CaseResult result, String person, Map<String, Double> figures) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("case", result.index());
        row.put("name", result.name());
        row.put("person", person);
        row.put("error", result.error());
        row.put("caption", person.isEmpty() ? result.caption() : "");
        figures.forEach((name, value) -> {
            if (!Double.isNaN(value)) {
                row.put(name, value);
            }
        });
        return row;
    }
}
