package ai.ingredients.studio.jobs;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The library names its fields in backticks; here they are called as the JSON calls them. */
public final class FieldNames {
    private static final Pattern NAMED = Pattern.compile("`(\\w+)`");
    private static final Map<String, String> JSON = Map.ofEntries(
            Map.entry("steps", "num_inference_steps"),
            Map.entry("frames", "num_frames"),
            Map.entry("width", "size"),
            Map.entry("height", "size"),
            Map.entry("guidanceScale", "guidance_scale"),
            Map.entry("imageGuidanceScale", "image_guidance_scale"),
            Map.entry("faceScale", "face_scale"),
            Map.entry("guidanceInterval", "guidance_interval"),
            Map.entry("magCache", "magcache"),
            Map.entry("teaCache", "teacache"),
            Map.entry("firstFrame", "input_reference"),
            Map.entry("maxSequenceLength", "max_sequence_length"),
            Map.entry("person", "people"),
            Map.entry("embeddings", "embeddings"));

    private FieldNames() {}

    /** {@code message} with the names of the JSON. */
    public static String translated(String message) {
        return NAMED.matcher(message)
                .replaceAll(found ->
                        Matcher.quoteReplacement("`" + JSON.getOrDefault(found.group(1), found.group(1)) + "`"));
    }

    /** The first field that a translated message names; none when it names none. */
    public static @Nullable String first(String message) {
        Matcher found = NAMED.matcher(message);
        return found.find() ? found.group(1) : null;
    }
}
