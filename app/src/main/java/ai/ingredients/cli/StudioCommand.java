package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.studio.Studio;
import ai.ingredients.studio.StudioOptions;
import ai.ingredients.studio.guard.Hosts;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients studio}: a page and an HTTP API. */
@Command(
        name = "studio",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Opens the studio: a page where photos and a prompt become videos, and the HTTP API behind it, which"
                    + " clients of OpenAI's Videos API speak. Ctrl-C closes it; what was queued goes on at the next"
                    + " start.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  ingredients studio --model models/demo --port 7860",
            "",
            "docs/studio.md describes API, workers and what keeps it safe."
        })
final class StudioCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = StudioOptions.LOOPBACK,
            description =
                    "Where to listen; at another address than this machine's own a token is needed, which is made and"
                            + " shown once (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "" + StudioOptions.PORT,
            description = "0 for any that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--host-name",
            paramLabel = "NAME",
            description = "A name that the studio answers to besides its address, such as a proxy's; may be repeated.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--token", description = "Ask for a token on this machine too.")
    private boolean token;

    @Option(names = "--new-token", description = "Make all tokens worthless, and a new one.")
    private boolean newToken;

    @Option(names = "--no-worker", description = "Make no videos here; workers do, which need --database.")
    private boolean noWorker;

    @Option(
            names = "--jobs-per-client",
            paramLabel = "N",
            description = "Videos of a client that have not ended (default: 100).")
    private @Nullable Integer jobs;

    @Option(
            names = "--rewrite-url",
            paramLabel = "URL",
            description =
                    "An OpenAI-compatible endpoint that rewrites prompts, such as http://localhost:11434/v1; its key"
                            + " comes from INGREDIENTS_REWRITE_KEY (default: none, and no button).")
    private @Nullable String rewriteUrl;

    @Option(
            names = "--rewrite-model",
            paramLabel = "NAME",
            defaultValue = "gpt-4o-mini",
            description = "Which model of that endpoint (default: ${DEFAULT-VALUE}).")
    private String rewriteModel;

    @Option(names = "--show-webhook-secret", description = "Print what webhooks are signed with.")
    private boolean showSecret;

    @Mixin
    private ServiceOptions service;

    @Mixin
    private Common common;

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65_535) {
            throw new InvalidInputException("--port " + port + " cannot be; expected 0 to 65535");
        }
        if (noWorker && !service.shared()) {
            throw new InvalidInputException(
                    "--no-worker needs workers, and they need --database; give one or leave it out");
        }
        boolean guarded = token || newToken || !Hosts.loopback(host);
        StudioOptions options = service.options().with(it -> {
            it.door = new StudioOptions.Door(host, port, names, guarded, rewriting());
            it.makes = !noWorker;
            if (jobs != null) {
                it.limits = it.limits.withJobsPerClient(jobs);
            }
        });
        ServiceLog.toStandardError();
        try (Studio studio = newToken ? Studio.openWithNewToken(options) : Studio.open(options)) {
            greet(studio, options);
            new CountDownLatch(1).await(); // Ctrl-C ends the process, and the next start goes on
        }
        return 0;
    }

    private StudioOptions.@Nullable Rewriting rewriting() {
        return rewriteUrl == null
                ? null
                : new StudioOptions.Rewriting(rewriteUrl, rewriteModel, System.getenv("INGREDIENTS_REWRITE_KEY"));
    }

    private void greet(Studio studio, StudioOptions options) {
        PrintWriter out = spec.commandLine().getOut();
        String shown = host.contains(":") ? "[" + host + "]" : host;
        String address = "http://" + shown + ":" + studio.port() + "/";
        String made = studio.newToken();
        if (made != null) {
            out.println("Token, shown this once: " + made);
            address += "?token=" + made;
        }
        if (showSecret) {
            out.println("Webhooks are signed with " + studio.webhookSecret(options.webhooks()));
        }
        out.println("The studio is open at " + address);
        out.println("Photos only of people who agreed. Data: " + options.data() + ". Ctrl-C closes it.");
        out.flush();
    }
}
