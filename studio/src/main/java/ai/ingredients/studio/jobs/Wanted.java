package ai.ingredients.studio.jobs;

import ai.ingredients.pipeline.GuidanceInterval;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.TeaCache;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A video as it is wanted, with every value decided when it was accepted; what a worker reads, and what "again with …"
 * begins from.
 *
 * @param model its id
 * @param prompt as typed, with {@code @names}
 * @param people who appear, in order
 * @param place where they belong
 * @param seed an unsigned number of 64 bits
 * @param scheduler dpm, ddim, dpmpp or unipc
 * @param guidance constant or dynamic
 * @param routing reference or per-branch
 * @param faceScale none for the model's own
 * @param layout how it is settled who stands where, such as 0.05..0.35; none for not at all
 * @param shortcuts what is not computed; none for nothing
 * @param firstFrame the key of the picture that a model without people continues; none for a model with people
 * @param overlay whether a video of who owned what is made too
 * @param webhookUrl who is told when it has ended
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Wanted(
        String model,
        String prompt,
        String negativePrompt,
        int width,
        int height,
        int numFrames,
        int numInferenceSteps,
        double guidanceScale,
        double imageGuidanceScale,
        long seed,
        List<Who> people,
        List<Where> place,
        String scheduler,
        String guidance,
        String routing,
        @Nullable Double faceScale,
        @Nullable String layout,
        @Nullable Skipped shortcuts,
        @Nullable String firstFrame,
        boolean overlay,
        int priority,
        @Nullable String webhookUrl) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .build();

    public Wanted {
        people = List.copyOf(people);
        place = List.copyOf(place);
    }

    /**
     * Somebody who appears.
     *
     * @param person the id of one from the library; none for a photo that came with the request
     * @param photo the key of that photo; of one from the library it is looked up when the video is made
     * @param name empty for none
     * @param role empty for none
     * @param face which, in the order of detection; none for the largest
     * @param landmarks five points x, y in pixels of the photo, where no face shall be looked for
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Who(
            @Nullable String person,
            @Nullable String photo,
            String name,
            String role,
            @Nullable Integer face,
            @Nullable List<List<Double>> landmarks) {}

    /**
     * A place of somebody.
     *
     * @param person index, from 0
     * @param region x0, y0, x1, y1 in fractions of the frame
     * @param from seconds; none for the whole video
     * @param to seconds
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Where(
            int person,
            List<Double> region,
            @Nullable Double from,
            @Nullable Double to) {}

    /**
     * What is not computed, to be faster; texts as the library reads and writes them.
     *
     * @param guidanceInterval such as 0.2..0.8; none for all steps
     * @param magcache such as 0.12,4,0.2; none for computing every step
     * @param teacache a threshold, such as 0.2; none for computing every step
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Skipped(
            @Nullable String guidanceInterval,
            @Nullable String magcache,
            @Nullable Double teacache) {
        /**
         * As the library has it.
         *
         * @throws ai.ingredients.InvalidInputException when it cannot be read, or both say which steps are repeated
         */
        public Shortcuts forLibrary() {
            Shortcuts all = Shortcuts.NONE;
            if (guidanceInterval != null) {
                all = all.with(GuidanceInterval.parse(guidanceInterval));
            }
            if (magcache != null) {
                all = all.with(MagCache.parse(magcache));
            }
            return teacache == null ? all : all.with(new TeaCache(teacache, null));
        }
    }

    /** The same with another seed. */
    public Wanted withSeed(long other) {
        return new Wanted(
                model,
                prompt,
                negativePrompt,
                width,
                height,
                numFrames,
                numInferenceSteps,
                guidanceScale,
                imageGuidanceScale,
                other,
                people,
                place,
                scheduler,
                guidance,
                routing,
                faceScale,
                layout,
                shortcuts,
                firstFrame,
                overlay,
                priority,
                webhookUrl);
    }

    /** The same with other people, and another first frame, where photos lie somewhere else. */
    public Wanted withPhotos(List<Who> others, @Nullable String first) {
        return new Wanted(
                model,
                prompt,
                negativePrompt,
                width,
                height,
                numFrames,
                numInferenceSteps,
                guidanceScale,
                imageGuidanceScale,
                seed,
                others,
                place,
                scheduler,
                guidance,
                routing,
                faceScale,
                layout,
                shortcuts,
                first,
                overlay,
                priority,
                webhookUrl);
    }

    /** For the database. */
    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of plain values is JSON", e);
        }
    }

    /** From the database. */
    public static Wanted of(String json) {
        try {
            return JSON.readValue(json, Wanted.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database holds what this version cannot read", e);
        }
    }
}
