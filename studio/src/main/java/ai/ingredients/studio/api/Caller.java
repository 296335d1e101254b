package ai.ingredients.studio.api;

import io.javalin.http.Context;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who asks: for fairness among those who may, not for deciding who may. */
final class Caller {
    /** Where the guard notes the id of a token. */
    static final String TOKEN = "studio.token";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@:-]{1,64}");

    private Caller() {}

    /** The token's id; without one the name the caller goes by, which costs nothing to change, or the address. */
    static String client(Context context, Body body) {
        String token = context.attribute(TOKEN);
        if (token != null) {
            return token;
        }
        String named = name(context.header("X-Client-Id"));
        if (named == null) {
            named = name(body.fields().path("user").textValue());
        }
        return named != null ? "name:" + named : "address:" + context.ip();
    }

    private static @Nullable String name(@Nullable String text) {
        return text != null && NAME.matcher(text).matches() ? text : null;
    }
}
