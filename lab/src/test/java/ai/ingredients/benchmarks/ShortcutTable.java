package ai.ingredients.benchmarks;

import ai.ingredients.Ingredients;
import ai.ingredients.Ingredients.Options;
import ai.ingredients.Portrait;
import ai.ingredients.Video;
import ai.ingredients.VideoBuilder;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.evaluation.EvaluationCase;
import ai.ingredients.evaluation.drawn.CastCases;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.media.Picture;
import ai.ingredients.metrics.VideoLikeness;
import ai.ingredients.pipeline.GuidanceInterval;
import ai.ingredients.pipeline.MagCache;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Shortcuts;
import ai.ingredients.pipeline.TeaCache;
import ai.ingredients.tensor.Compute;
import ai.ingredients.weights.WeightsDtype;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the speed switches cost and gain: for each case the plain video, then each variant's, one after another, with the
 * seconds of denoising (wall and of the processor), PSNR and SSIM to the plain one, and FaceSim of both. A CSV on standard
 * output.
 *
 * <pre>{@code
 * java … ai.ingredients.benchmarks.ShortcutTable MODEL CASES CASE-SEED VARIANT…
 * }</pre>
 *
 * A variant is {@code key=value+key=value…} of {@code steps}, {@code scheduler}, {@code interval}, {@code magcache}, {@code
 * teacache} and {@code weights}. A model with other weights is opened beside the first.
 * Cases are of the drawn world, two people each; 2024 is the seed of the test cases, and not to be used here.
 */
public final class ShortcutTable {
    private static final String WEIGHTS = "weights=";

    private ShortcutTable() {}

    /** Model folder, number of cases, their seed, variants. */
    public static void main(String[] args) {
        Path model = Path.of(args[0]);
        CastCases cases = new CastCases(Integer.parseInt(args[1]), 2, Long.parseLong(args[2]));
        List<String> variants = List.of(args).subList(3, args.length);
        System.out.println("case,variant,seconds,cpu,psnr,ssim,facesim,plain_facesim");
        try (Models models = new Models(model, new EnumMap<>(WeightsDtype.class));
                FaceReader faces = FaceReader.open(
                        model,
                        model.resolve("evaluation/recognition"),
                        FaceReader.Settings.DEFAULT,
                        Compute.CPU_FP32)) {
            for (int i = 0; i < cases.count(); i++) {
                EvaluationCase one = cases.get(i);
                Made plain = made(models, one, "");
                double plainSim = faces.faceSim(one.photos(), plain.frames);
                print(i, "plain", plain, new VideoLikeness(VideoLikeness.SAME, 1), plainSim, plainSim);
                for (String variant : variants) {
                    Made made = made(models, one, variant);
                    print(
                            i,
                            variant,
                            made,
                            VideoLikeness.of(made.frames, plain.frames),
                            faces.faceSim(one.photos(), made.frames),
                            plainSim);
                }
            }
        }
    }

    /** The model, opened once for each way of keeping its matrices. */
    private record Models(Path folder, Map<WeightsDtype, Ingredients> opened) implements AutoCloseable {
        Ingredients with(WeightsDtype kept) {
            return opened.computeIfAbsent(
                    kept,
                    dtype -> Ingredients.open(
                            folder, Options.DEFAULT.withMemory(MemoryLevel.NONE).withWeightsDtype(dtype)));
        }

        @Override
        public void close() {
            opened.values().forEach(Ingredients::close);
        }
    }

    private record Made(List<Picture> frames, double seconds, double cpu) {}

    private static Made made(Models models, EvaluationCase one, String variant) {
        WeightsDtype kept = Stream.of(variant.split("\\+"))
                .filter(setting -> setting.startsWith(WEIGHTS))
                .map(setting -> WeightsDtype.parse(setting.substring(WEIGHTS.length())))
                .findFirst()
                .orElse(WeightsDtype.SAME);
        VideoBuilder builder =
                models.with(kept).video(PersonWords.plain(one.caption())).seed(100 + one.index());
        one.photos().forEach(photo -> builder.person(Portrait.of(photo.picture())));
        Shortcuts shortcuts = Shortcuts.NONE;
        for (String setting : variant.isEmpty() ? new String[0] : variant.split("\\+")) {
            String value = setting.substring(setting.indexOf('=') + 1);
            switch (setting.substring(0, setting.indexOf('='))) {
                case "steps" -> builder.steps(Integer.parseInt(value));
                case "scheduler" -> builder.scheduler(Scheduler.Kind.parse(value));
                case "interval" -> shortcuts = shortcuts.with(GuidanceInterval.parse(value));
                case "weights" -> {} // said above, as the model was opened
                case "teacache" -> shortcuts = shortcuts.with(TeaCache.parse(value));
                case "magcache" -> shortcuts = shortcuts.with(MagCache.parse(value));
                default -> throw new IllegalArgumentException(variant);
            }
        }
        var process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = process.getProcessCpuTime();
        Video video = builder.shortcuts(shortcuts).generate();
        double cpu = (process.getProcessCpuTime() - before) / 1e9;
        return new Made(video.frames(), video.timings().denoising(), cpu);
    }

    private static void print(
            int index, String variant, Made made, VideoLikeness likeness, double sim, double plainSim) {
        System.out.printf(
                Locale.ROOT,
                "%d,\"%s\",%.2f,%.2f,%.2f,%.4f,%.4f,%.4f%n",
                index,
                variant,
                made.seconds,
                made.cpu,
                likeness.psnr(),
                likeness.ssim(),
                sim,
                plainSim);
    }
}
