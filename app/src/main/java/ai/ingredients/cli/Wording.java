package ai.ingredients.cli;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Messages of the engine in the words of the command line. The engine calls things as its Java methods do, in backticks; a
 * user typed options. This is the one place that knows both.
 */
final class Wording {
    private static final Pattern FIELD = Pattern.compile("`([A-Za-z]+)`");

    /** What the engine calls something, and what it is called here. */
    private static final Map<String, String> OPTIONS = Map.ofEntries(
            Map.entry("device", "--device"),
            Map.entry("attention", "--attention"),
            Map.entry("dtype", "--dtype"),
            Map.entry("embeddings", "--embedding"),
            Map.entry("face", "--face-index"),
            Map.entry("faceScale", "--face-scale"),
            Map.entry("firstFrame", "--image"),
            Map.entry("frames", "--frames"),
            Map.entry("guidanceInterval", "--guidance-interval"),
            Map.entry("guidanceScale", "--guidance"),
            Map.entry("height", "--height"),
            Map.entry("imageGuidanceScale", "--image-guidance"),
            Map.entry("layout", "--layout"),
            Map.entry("learnedPositions", "--learned-positions"),
            Map.entry("loraMode", "--lora-mode"),
            Map.entry("loras", "--lora"),
            Map.entry("magCache", "--magcache"),
            Map.entry("landmarks", "--landmarks"),
            Map.entry("maxSequenceLength", "--max-sequence-length"),
            Map.entry("memory", "--memory"),
            Map.entry("people", "--faces"),
            Map.entry("person", "--image"),
            Map.entry("preview", "--preview"),
            Map.entry("resume", "--resume"),
            Map.entry("steps", "--steps"),
            Map.entry("teaCache", "--teacache"),
            Map.entry("tiling", "--vae-tiling"),
            Map.entry("variant", "--variant"),
            Map.entry("weightsDtype", "--weights-dtype"),
            Map.entry("width", "--width"));

    /** What has another remedy here than in Java. */
    private static final List<Remedy> REMEDIES = List.of(
            new Remedy("name a `person` (\\S+),", "give --person $1=FILE,"),
            new Remedy("give their photo without one$", "give their photo with --image"),
            new Remedy("CUDA device\\(s\\); use `device` cpu", "$0, or see `ingredients doctor`"),
            new Remedy(
                    "; calibrate the model once, by a video that is made with a MagnitudeRecorder listening$",
                    "; make one by generate --magcache-calibrate FILE"),
            new Remedy(
                    "; fit them once, to videos that are made with a LatentColoursFit listening$",
                    "; make it by generate --preview-calibrate FILE"),
            new Remedy(
                    "; calibrate the model once, by a video that is made with a TeaCacheRecorder listening$",
                    "; make one by generate --teacache-calibrate FILE"),
            new Remedy(", as a generation records them$", "; make it with generate --save-routing"),
            new Remedy("prepare the people again$", "make the file again with `ingredients faces`"),
            new Remedy(
                    "\\); see docs/data\\.md$",
                    "); see docs/data.md, or make one with `ingredients cast` or `ingredients dataset`"),
            new Remedy("ONNX Runtime cannot be unpacked \\(.*\\)$", "$0; `ingredients doctor` tells where to"));

    private record Remedy(Pattern found, String words) {
        Remedy(String found, String words) {
            this(Pattern.compile(found), words);
        }
    }

    private Wording() {}

    /** All options that messages may name. */
    static Collection<String> options() {
        return OPTIONS.values();
    }

    /** {@code message} of the engine for who uses the command line. */
    static String of(String message) {
        String words = message;
        for (Remedy remedy : REMEDIES) {
            words = remedy.found.matcher(words).replaceAll(remedy.words);
        }
        return FIELD.matcher(words)
                .replaceAll(found -> Matcher.quoteReplacement(OPTIONS.getOrDefault(found.group(1), found.group())));
    }
}
