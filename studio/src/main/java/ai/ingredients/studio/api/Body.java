package ai.ingredients.studio.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a request carries: fields as one JSON object, and files by field. A form and JSON that say the same become the same.
 *
 * @param fields what it says
 * @param files pictures, by the field they came in
 */
record Body(ObjectNode fields, Map<String, List<byte[]>> files) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PIECE = 1 << 16;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(20)
                            .maxStringLength(64 << 20)
                            .maxNumberLength(40)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * Reads it.
     *
     * @param most bytes
     * @throws ApiError with 400, 408, 413 or 415
     */
    static Body read(Context context, long most) {
        String type = context.contentType();
        String plain = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        boolean form = plain.equals("multipart/form-data");
        if (!form && !plain.equals("application/json")) {
            throw new ApiError(
                    415,
                    "unsupported_media_type",
                    "The content type must be application/json or multipart/form-data.",
                    null);
        }
        byte[] bytes = bytes(context, most);
        if (form && type != null) {
            return Multipart.read(type, bytes);
        }
        return new Body(object(bytes), Map.of());
    }

    static ObjectNode object(byte[] bytes) {
        if (parse(bytes) instanceof ObjectNode object) {
            return object;
        }
        throw ApiError.badRequest("The body must be a JSON object.");
    }

    static JsonNode parse(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw ApiError.badRequest(
                    "The body is no JSON: " + e.getOriginalMessage().split("\n", 2)[0] + ".");
        } catch (IOException e) {
            throw ApiError.badRequest("The body is no JSON.");
        }
    }

    private static byte[] bytes(Context context, long most) {
        long claimed = context.req().getContentLengthLong();
        if (claimed > most) {
            throw tooLarge(most);
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        ByteArrayOutputStream all = new ByteArrayOutputStream((int) Math.min(Math.max(claimed, 512), 1 << 20));
        byte[] piece = new byte[PIECE];
        try (InputStream in = context.req().getInputStream()) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                all.write(piece, 0, read);
                if (all.size() > most) {
                    throw tooLarge(most);
                }
                if (System.nanoTime() > deadline) {
                    throw new ApiError(408, "too_slow", "The body took longer than a minute to arrive.", null);
                }
            }
        } catch (IOException e) {
            throw ApiError.badRequest("The body ended before its end.");
        }
        return all.toByteArray();
    }

    private static ApiError tooLarge(long most) {
        return new ApiError(413, "too_large", "The body is too large; at most " + most + " bytes are taken.", null);
    }
}
