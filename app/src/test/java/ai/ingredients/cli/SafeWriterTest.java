package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What files say is printed, not carried out. */
class SafeWriterTest {
    @TempDir
    Path folder;

    @Test
    void textIsShown() {
        StringWriter written = new StringWriter();
        PrintWriter out = SafeWriter.around(new PrintWriter(written, true));
        out.println("Zoë\t👩‍👧\u001b[31m\u0007\u009b2J");
        out.print('\u001b');
        out.printf("%s", "\u202e");
        out.write(new char[] {'a', '\0', 'b'}, 1, 2);
        out.flush();
        assertThat(written.toString().replace(System.lineSeparator(), "\n"))
                .isEqualTo("Zoë\t👩‍👧\\u001b[31m\\u0007\\u009b2J\n\\u001b\\u202e\\u0000b");
    }

    @Test
    void noCommandCarriesOutWhatAFileSays() throws IOException {
        Path model = Files.createDirectory(folder.resolve("m\u001b[31model"));
        Files.writeString(
                model.resolve("model_index.json"), "{\"_class_name\": \"X\\u001b[2J\", \"v\\u001b[2Je\": [1, \"A\"]}");
        Cli.Result doctor = Cli.run("doctor", "--model", model);
        assertThat(doctor.out() + doctor.err()).contains("\\u001b[31model").doesNotContain("\u001b");
    }
}
