package ai.ingredients.cli;

import ai.ingredients.ForeignText;
import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TraceLevel;

/**
 * Makes the videos of a {@link BatchFile}, one after the other with one open model. Every line is looked at before the
 * first video is made; one that cannot be used, or fails, is told and does not end the others. A video whose files are
 * there already, of the same request and weights, is not made again: a batch that was ended goes on.
 */
final class BatchRun {
    private final List<String> typed;
    private final String command;
    private final PrintWriter out;
    private final PrintWriter err;
    private final Map<Integer, String> failed = new TreeMap<>();
    private int made;
    private int there;

    /** @param typed the command line, whose options come before those of each line */
    BatchRun(List<String> typed, String command, PrintWriter out, PrintWriter err) {
        this.typed = typed.subList(typed.indexOf("generate") + 1, typed.size());
        this.command = command;
        this.out = out;
        this.err = err;
    }

    /** A line that can be used so far. */
    private record Job(int line, GenerateCommand options, String suffix) {}

    /** Does all of it; returns the exit code. */
    int run(BatchFile file, GenerateCommand base) {
        try (Ingredients ingredients = base.open();
                TerminalProgress progress = TerminalProgress.to(err);
                SharedPeople people = new SharedPeople(ingredients, progress, true)) {
            for (Job job : jobs(file, base, ingredients, people)) {
                attempt(job.line, () -> work(job, people, progress));
            }
        }
        out.println("Batch of " + count(file.lines().size(), "line") + ": " + count(made, "video") + " made, " + there
                + " there already, " + count(failed.size(), "line") + " failed");
        failed.forEach((line, problem) -> err.println(command + ": line " + line + ": " + problem));
        return failed.isEmpty() ? 0 : 1;
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private List<Job> jobs(BatchFile file, GenerateCommand base, Ingredients ingredients, SharedPeople people) {
        List<Job> jobs = new ArrayList<>();
        Outputs files = new Outputs();
        int digits = Math.max(1, file.lines().getLast().number());
        for (BatchFile.Line line : file.lines()) {
            attempt(line.number(), () -> {
                if (!line.problem().isEmpty()) {
                    throw new InvalidInputException(line.problem());
                }
                GenerateCommand options = parsed(line).within(base);
                boolean named = line.arguments().stream().anyMatch(argument -> argument.startsWith("--output="));
                Job job = new Job(line.number(), options, named ? "" : OutputOptions.numbered(line.number(), digits));
                options.check(job.suffix, files);
                options.goOn(job.suffix);
                var unused = options.orders(ingredients, people, job.suffix);
                jobs.add(job);
            });
        }
        return jobs;
    }

    /** The line's options after those of the command line: of an option that is taken once, the last one counts. */
    private GenerateCommand parsed(BatchFile.Line line) {
        List<String> all = new ArrayList<>(typed);
        all.addAll(line.arguments());
        CommandLine parser = new CommandLine(new GenerateCommand());
        parser.setExpandAtFiles(false);
        parser.setOverwrittenOptionsAllowed(true);
        CommandLine.tracer().setLevel(TraceLevel.OFF); // it would warn of what is meant
        try {
            parser.parseArgs(all.toArray(String[]::new));
            return parser.getCommand();
        } catch (ParameterException e) {
            throw new InvalidInputException(String.valueOf(e.getMessage()), e);
        }
    }

    private void work(Job job, SharedPeople people, TerminalProgress progress) {
        for (GenerateCommand.Order order : job.options.orders(people.ingredients(), people, job.suffix)) {
            if (job.options.made(order)) {
                there++;
                out.println("line " + job.line + ": " + order.target().output() + " is there already");
                continue;
            }
            Map<String, String> failures = job.options.make(order, people, progress, err);
            made++;
            out.println("line " + job.line + ": " + order.target().written());
            failures.forEach((option, problem) -> failed.put(job.line, option + " failed: " + problem));
        }
    }

    private void attempt(int line, Runnable work) {
        String problem = null;
        try {
            work.run();
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            problem = firstLine(e);
        }
        if (problem != null) {
            failed.put(line, problem);
            err.println("warning: line " + line + ": " + problem);
        }
    }

    private static String firstLine(RuntimeException e) {
        String message = e.getMessage();
        @Nullable
        String first = message == null ? null : message.lines().findFirst().orElse(null);
        return first == null ? e.getClass().getSimpleName() : Wording.of(ForeignText.oneLine(first));
    }
}
