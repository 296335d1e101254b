package ai.ingredients.studio.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Ends a request with an error in the form of the OpenAI API. */
final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final @Nullable String param;

    /**
     * @param code a word for programs
     * @param message a line for people
     * @param param the field that is to blame, if one is
     */
    ApiError(int status, String code, String message, @Nullable String param) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.param = param;
    }

    static ApiError badRequest(String message) {
        return new ApiError(400, "invalid_json", message, null);
    }

    /** A value that cannot be used. */
    static ApiError value(String param, String message) {
        return new ApiError(422, "invalid_value", message, param);
    }

    static ApiError notFound(String what) {
        return new ApiError(404, "not_found", what + " does not exist.", null);
    }

    int status() {
        return status;
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putObject("error")
                .put("code", code)
                .put("message", getMessage())
                .put("param", param)
                .put("type", status < 500 ? "invalid_request_error" : "server_error");
        return json;
    }
}
