package ai.ingredients.cli;

import picocli.CommandLine.Option;

/** Options every command has. */
final class Common {
    @Option(names = "--verbose", description = "On failure, also print where in the program it happened.")
    boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;
}
