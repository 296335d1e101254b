import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks or applies the house's format: palantir-java-format, 120 columns. Started by this folder's pom as a source file,
 * so it needs no compilation of its own.
 *
 * <p>Arguments: {@code check} or {@code apply}, then the repository's root. {@code check} ends with status 1 and a list
 * of files when something would change. Everything of Java 25 is understood but {@code import module}, which
 * palantir-java-format 2.103 cannot parse.
 */
final class Format {
    private enum Outcome {
        FINE,
        CHANGED,
        BROKEN
    }

    private record Result(Path file, Outcome outcome, String detail) {}

    public static void main(String[] args) throws IOException {
        boolean apply = switch (args[0]) {
            case "apply" -> true;
            case "check" -> false;
            default -> throw new IllegalArgumentException("-Dformat=" + args[0] + ": use check or apply");
        };
        Path root = Path.of(args[1]).toAbsolutePath().normalize();
        Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .build());

        List<Path> sources = sources(root);
        List<Result> results = sources.parallelStream()
                .map(file -> format(formatter, file, apply))
                .filter(result -> result.outcome() != Outcome.FINE)
                .toList();
        for (Result result : results) {
            System.out.println("  " + root.relativize(result.file()) + result.detail());
        }
        boolean broken = results.stream().anyMatch(result -> result.outcome() == Outcome.BROKEN);
        if (apply) {
            System.out.println("Formatted " + results.size() + " of " + sources.size() + " files.");
        } else if (!results.isEmpty()) {
            System.out.println(results.size() + " of " + sources.size() + " files are not formatted (listed above). "
                    + "To format them: mvn -q -pl build/format verify -Dformat=apply");
        }
        System.exit(broken || (!apply && !results.isEmpty()) ? 1 : 0);
    }

    private static List<Path> sources(Path root) throws IOException {
        try (Stream<Path> children = Files.list(root)) {
            return Stream.concat(children, Stream.of(root.resolve("examples/java")))
                    .map(child -> child.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(Format::javaFiles)
                    .sorted()
                    .toList();
        }
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Result format(Formatter formatter, Path file, boolean apply) {
        try {
            String before = Files.readString(file);
            String after = formatter.formatSourceAndFixImports(before);
            if (after.equals(before)) {
                return new Result(file, Outcome.FINE, "");
            }
            if (apply) {
                Files.writeString(file, after);
            }
            return new Result(
                    file, Outcome.CHANGED, firstDifference(before, after).orElse(""));
        } catch (FormatterException | IOException e) {
            return new Result(file, Outcome.BROKEN, ": " + e.getMessage());
        }
    }

    private static Optional<String> firstDifference(String before, String after) {
        List<String> found = before.lines().toList();
        List<String> wanted = after.lines().toList();
        for (int i = 0; i < Math.min(found.size(), wanted.size()); i++) {
            if (!found.get(i).equals(wanted.get(i))) {
                return Optional.of(":" + (i + 1));
            }
        }
        return Optional.empty();
    }
}
