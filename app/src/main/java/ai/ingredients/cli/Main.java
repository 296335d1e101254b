package ai.ingredients.cli;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.data.ConsisIdImport;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.Spelling;
import ai.ingredients.tensor.NativeFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Entry point of {@code ingredients}: photos of people and a prompt become a video.
 *
 * <p>Exit codes: 0 done; 2 the input cannot be used (wrong option, bad file); 1 the work failed (full disk, lost
 * connection). A user's mistake gets one line, no stack trace.
 */
@Command(
        name = "ingredients",
        description = "Turns photos of people and a prompt into a video.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "See `ingredients COMMAND --help` for the options of a command."},
        subcommands = {
            GenerateCommand.class,
            FacesCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            InspectCommand.class,
            ReproduceCommand.class,
            CastCommand.class,
            DatasetCommand.class,
            DemoCommand.class,
            DoctorCommand.class,
            BenchCommand.class,
            DownloadCommand.class,
            StudioCommand.class,
            WorkerCommand.class,
            GenerateCompletion.class,
            HelpCommand.class
        })
public final class Main implements Runnable {
    private static final String OUT_OF_MEMORY = "out of memory";

    @Spec
    private CommandSpec spec;

    private Main() {}

    /** Runs the command line and ends the process with its exit code. */
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT); // for libraries that format numbers without naming a locale
        Ending.onSignals();
        CheckedStream out = CheckedStream.install();
        String natives = System.getProperty("ingredients.natives"); // set where only reading them is allowed
        if (natives != null) {
            NativeFolder.useReadOnly(Path.of(natives));
        }
        if (args.length > 1 && (args[0].equals("generate") || args[0].equals("faces"))) {
            Preload.start();
        }
        Ending.end(status(
                unreadable(args) ? CommandLine.ExitCode.USAGE : commandLine().execute(args), out));
    }

    /** Bytes that mean nothing in the locale's encoding arrive as U+FFFD: a prompt or a path that nobody typed. */
    private static boolean unreadable(String[] args) {
        for (String arg : args) {
            if (arg.indexOf('\uFFFD') >= 0) {
                System.err.println("ingredients: \"" + arg + "\" holds bytes that are no "
                        + System.getProperty("sun.jnu.encoding") + " text; write it in the encoding of the locale, or"
                        + " choose one with UTF-8, such as LC_ALL=C.UTF-8");
                return true;
            }
        }
        return false;
    }

    private static int status(int code, CheckedStream out) {
        IOException failure = out.failure();
        if (failure == null) {
            return code;
        }
        System.err.println("ingredients: what was to be printed could not be written (" + IoReason.of(failure) + ")");
        return code == 0 ? CommandLine.ExitCode.SOFTWARE : code;
    }

    /** The parser with every command. */
    static CommandLine commandLine() {
        return commandLine(System.getenv());
    }

    /** As {@link #commandLine()} with environment variables of the caller's choice, for tests. */
    static CommandLine commandLine(Map<String, String> environment) {
        CommandLine commandLine = new CommandLine(new Main(), new CommandLine.IFactory() {
            @Override
            public <K> K create(Class<K> type) throws Exception {
                return type == DownloadCommand.class
                        ? type.cast(new DownloadCommand(environment))
                        : CommandLine.defaultFactory().create(type);
            }
        });
        commandLine.setExpandAtFiles(false); // a prompt may begin with @
        commandLine.registerConverter(EvaluateCommand.Maker.class, new Choice<>(EvaluateCommand.Maker.class));
        commandLine.registerConverter(TrainCommand.StageName.class, new Choice<>(TrainCommand.StageName.class));
        commandLine.registerConverter(ConsisIdImport.Videos.class, new Choice<>(ConsisIdImport.Videos.class));
        commandLine.setExecutionStrategy(Main::run);
        commandLine.setParameterExceptionHandler(Main::usageMistake);
        commandLine.setExecutionExceptionHandler(Main::failed);
        return commandLine;
    }

    /** A misspelt required option is missing and unknown at once; what was typed is the better clue. */
    private static ParameterException typed(ParameterException e, String[] args) {
        CommandLine commandLine = e.getCommandLine();
        for (String arg : e instanceof MissingParameterException ? args : new String[0]) {
            String name = arg.contains("=") ? arg.substring(0, arg.indexOf('=')) : arg;
            if (name.startsWith("--")
                    && !commandLine.getCommandSpec().optionsMap().containsKey(name)) {
                return new UnmatchedArgumentException(commandLine, List.of(arg));
            }
        }
        return e;
    }

    private static int usageMistake(ParameterException thrown, String[] args) {
        ParameterException e = typed(thrown, args);
        CommandLine commandLine = e.getCommandLine();
        StringBuilder line = new StringBuilder(firstLine(e));
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = suggestions(unmatched);
            if (!suggestions.isEmpty()) {
                line.append("; did you mean ")
                        .append(String.join(" or ", suggestions))
                        .append('?');
            }
        }
        String command = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().println(command + ": " + line + "; see `" + command + " --help`");
        return CommandLine.ExitCode.USAGE;
    }

    /** The option that takes the fewest edits, else what picocli thinks similar: that may be many with a common beginning. */
    private static List<String> suggestions(UnmatchedArgumentException unmatched) {
        Set<String> known =
                unmatched.getCommandLine().getCommandSpec().optionsMap().keySet();
        String typed = unmatched.getUnmatched().getFirst();
        String name = typed.contains("=") ? typed.substring(0, typed.indexOf('=')) : typed;
        String nearest = name.startsWith("--") ? Spelling.nearest(name, known) : null;
        return nearest == null ? unmatched.getSuggestions() : List.of(nearest);
    }

    /** Runs the chosen command; what only a broken installation or a full machine throws is a failure as any other. */
    private static int run(ParseResult parsed) {
        if (!isHelp(parsed)) { // which is in colours, and all of it our own words
            CommandLine commands = parsed.commandSpec().commandLine();
            commands.setOut(SafeWriter.around(commands.getOut()));
            commands.setErr(SafeWriter.around(commands.getErr()));
        }
        try {
            return new RunLast().execute(parsed);
        } catch (LinkageError | OutOfMemoryError e) {
            String problem = e instanceof OutOfMemoryError ? OUT_OF_MEMORY : "a native library cannot be used";
            throw new ExecutionException(
                    parsed.commandSpec().commandLine(),
                    problem,
                    new OperationFailedException(
                            problem + " (" + firstLine(e) + "); `ingredients doctor` tells what is missing", e));
        }
    }

    private static boolean isHelp(ParseResult parsed) {
        if (parsed.isUsageHelpRequested()
                || parsed.isVersionHelpRequested()
                || parsed.commandSpec().helpCommand()) {
            return true;
        }
        return parsed.hasSubcommand()
                ? isHelp(parsed.subcommand())
                : parsed.commandSpec().parent() == null;
    }

    private static int failed(Exception e, CommandLine commandLine, ParseResult parsed) {
        boolean verbose = parsed.hasSubcommand() && parsed.subcommand().hasMatchedOption("--verbose");
        if (verbose) {
            e.printStackTrace(commandLine.getErr());
        }
        String command = commandLine.getCommandSpec().qualifiedName();
        if (e instanceof InvalidInputException) {
            commandLine.getErr().println(command + ": " + firstLine(e));
            return CommandLine.ExitCode.USAGE;
        }
        String line = firstLine(e);
        if (line.contains(OUT_OF_MEMORY) || line.contains("bad_alloc") || line.contains("DefaultCPUAllocator")) {
            line = "not enough memory (" + line + "); try --memory layer, --vae-tiling on, or a smaller video";
        } else if (!(e instanceof OperationFailedException)) {
            line = "unexpected " + e.getClass().getSimpleName() + ": " + line
                    + (verbose ? "" : " (--verbose shows where; please report it)");
        }
        commandLine.getErr().println(command + ": " + line);
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** The first line of the message: libtorch appends a native stack to its own. */
    private static String firstLine(Throwable e) {
        String message = e.getMessage();
        return message == null
                ? e.getClass().getSimpleName()
                : Wording.of(ForeignText.oneLine(message.lines().findFirst().orElse("")));
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** The version in the jar's manifest; absent when run from class folders. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"ingredients " + text()};
        }

        static String text() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "(development)" : version;
        }
    }
}
