package ai.ingredients.bench;

import ai.ingredients.bench.BenchPlan.Case;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.tensor.Compute;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs the cases of a plan one after another, the cheap ones first. */
public final class Bench {
    private Bench() {}

    /**
     * Measures what {@code plan} says.
     *
     * @param folder a model; none where the plan measures kernels only
     * @param progress told each case as it is done
     */
    public static List<Measured> run(BenchPlan plan, @Nullable Path folder, Consumer<Measured> progress) {
        List<Measured> all = new ArrayList<>();
        for (Compute compute : plan.computes()) {
            Stopwatch watch = new Stopwatch(
                    compute.checked(),
                    plan.repetitions().warmUp(),
                    plan.repetitions().counted());
            if (!compute.onCpu()) {
                compute.attention().prefer();
            }
            if (plan.cases().contains(Case.KERNELS)) {
                new Kernels(compute, watch).run(plan.size() == BenchSize.TINY).forEach(one -> note(all, one, progress));
            }
            if (folder == null) {
                continue;
            }
            Models models = new Models(folder, plan, compute, watch);
            run(plan, Case.LOAD, models::load, all, progress);
            run(plan, Case.STEP, models::step, all, progress);
            run(plan, Case.DECODE, models::decode, all, progress);
            run(plan, Case.ENCODE, models::encode, all, progress);
            for (MemoryLevel level : plan.memory()) {
                run(plan, Case.GENERATE, () -> models.generate(level), all, progress);
            }
            run(plan, Case.TRAIN, models::train, all, progress);
        }
        return all;
    }

    private static void run(
            BenchPlan plan, Case which, Supplier<Measured> work, List<Measured> all, Consumer<Measured> progress) {
        if (plan.cases().contains(which)) {
            note(all, work.get(), progress);
        }
    }

    private static void note(List<Measured> all, Measured one, Consumer<Measured> progress) {
        all.add(one);
        progress.accept(one);
    }
}
