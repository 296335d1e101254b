package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.studio.Studio;
import ai.ingredients.studio.StudioOptions;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ingredients worker}: makes a studio's videos on another machine, or another device. */
@Command(
        name = "worker",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Makes videos of a studio's queue, beside the studio or on another machine: the same --database, the same"
                    + " --data folder, mounted, and the same models. Any number of workers may come and go.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients worker --database jdbc:postgresql://db/studio --data /srv/studio --device cuda:0"
        })
final class WorkerCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ServiceOptions service;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws InterruptedException {
        if (!service.shared()) {
            throw new InvalidInputException("a worker shares a PostgreSQL with its studio; name it with --database");
        }
        StudioOptions options = service.options();
        ServiceLog.toStandardError();
        try (Studio worker = Studio.open(options)) { // which works on threads of its own
            PrintWriter out = spec.commandLine().getOut();
            out.println("Working on the queue with " + String.join(", ", options.devices())
                    + ". Ctrl-C ends it; another" + " worker goes on with what it has begun.");
            out.flush();
            new CountDownLatch(1).await();
            return 0;
        }
    }
}
