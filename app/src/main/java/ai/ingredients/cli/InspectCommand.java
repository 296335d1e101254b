package ai.ingredients.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ingredients inspect}: looks into a generation, and puts videos side by side. */
@Command(
        name = "inspect",
        sortOptions = false,
        usageHelpAutoWidth = true,
        subcommands = {InspectRunCommand.class, InspectCompareCommand.class},
        synopsisSubcommandLabel = "COMMAND",
        description = "Shows what a model does inside while it makes a video; docs/inspect.md explains the pictures.")
final class InspectCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "what to do is missing: run or compare");
    }
}
