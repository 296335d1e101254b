package ai.ingredients;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java that the README shows is what this library's classes understand. */
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\R(.*?)^```$");

    @TempDir
    Path folder;

    private static List<String> snippets() throws IOException {
        List<String> snippets = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(Path.of("../README.md")));
        while (block.find()) {
            snippets.add(block.group(1));
        }
        return snippets;
    }

    @Test
    void everySnippetCompiles() throws IOException {
        List<String> snippets = snippets();
        assertThat(snippets).hasSizeGreaterThanOrEqualTo(2);
        for (int i = 0; i < snippets.size(); i++) {
            assertThat(errors("Snippet" + i, snippets.get(i)))
                    .as(snippets.get(i))
                    .isEmpty();
        }
    }

    @Test
    void whatIsWrongIsNoticed() throws IOException {
        String wrong = snippets().getFirst().replace(".person(", ".photo(");
        assertThat(errors("Wrong", wrong)).contains("photo");
    }

    /** What the compiler says of statements below their imports. */
    private String errors(String name, String snippet) throws IOException {
        String imports =
                snippet.lines().filter(line -> line.startsWith("import ")).collect(Collectors.joining("\n"));
        String body =
                snippet.lines().filter(line -> !line.startsWith("import ")).collect(Collectors.joining("\n"));
        Path source = folder.resolve(name + ".java");
        Files.writeString(
                source,
                imports + "\nfinal class " + name + " {\n  static void run() throws Exception {\n" + body
                        + "\n  }\n}\n");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        boolean well;
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            well = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of(
                                    "-proc:none",
                                    "-d",
                                    folder.toString(),
                                    "-cp",
                                    System.getProperty("java.class.path")),
                            null,
                            files.getJavaFileObjects(source))
                    .call();
        }
        return well ? "" : said.toString();
    }
}
