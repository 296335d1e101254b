package ai.ingredients.studio.api;

import ai.ingredients.studio.store.Ids;
import ai.ingredients.studio.store.Page;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;

/** Lists in pages, as the OpenAI API has them: {@code after}, {@code limit}, {@code order}; and {@code q}. */
final class Paging {
    private static final int USUAL = 20;
    private static final int MOST = 100;
    private static final int LONGEST_WORDS = 200;

    private Paging() {}

    static Page.Query query(Context context, String prefix) {
        String after = context.queryParam("after");
        if (after != null && !Ids.valid(prefix, after)) {
            throw ApiError.value("after", "`after` is no id.");
        }
        String order = context.queryParam("order");
        if (order != null && !order.equals("asc") && !order.equals("desc")) {
            throw ApiError.value("order", "`order` cannot be used; expected asc or desc.");
        }
        String words = context.queryParam("q");
        if (words != null && (words.length() > LONGEST_WORDS || words.indexOf('\0') >= 0)) {
            throw ApiError.value("q", "`q` cannot be used; at most " + LONGEST_WORDS + " letters are searched for.");
        }
        return new Page.Query(
                after, limit(context), "asc".equals(order), words == null || words.isBlank() ? null : words.strip());
    }

    private static int limit(Context context) {
        String limit = context.queryParam("limit");
        if (limit == null) {
            return USUAL;
        }
        if (!limit.matches("\\d{1,6}") || Integer.parseInt(limit) < 1) {
            throw ApiError.value("limit", "`limit` cannot be used; expected 1 to " + MOST + ".");
        }
        return Math.min(MOST, Integer.parseInt(limit));
    }

    static ObjectNode list(ArrayNode data, boolean more) {
        ObjectNode list = JsonNodeFactory.instance.objectNode().put("object", "list");
        list.set("data", data);
        list.set("first_id", data.isEmpty() ? list.nullNode() : data.get(0).get("id"));
        list.set(
                "last_id",
                data.isEmpty() ? list.nullNode() : data.get(data.size() - 1).get("id"));
        return list.put("has_more", more);
    }
}
