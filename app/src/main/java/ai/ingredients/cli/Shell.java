package ai.ingredients.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Commands as they would be typed here. */
final class Shell {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");
    private static final String NAME = "ingredients";

    private Shell() {}

    /** A command line of this program that works as it is printed, from where the user stands. */
    static String command(List<String> arguments) {
        return launcher() + " " + arguments.stream().map(Shell::quoted).collect(Collectors.joining(" "));
    }

    /** {@code argument} in quotes where a shell would read it as something else. */
    static String quoted(String argument) {
        return PLAIN.matcher(argument).matches() ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    private static String launcher() {
        Path launcher = ModelOption.home().resolve(NAME);
        if (!Files.exists(launcher)) {
            return NAME; // started in some other way: on the path, hopefully
        }
        try {
            return Files.isSameFile(ModelOption.home(), Path.of("")) ? "./" + NAME : quoted(launcher.toString());
        } catch (IOException e) {
            return quoted(launcher.toString());
        }
    }
}
