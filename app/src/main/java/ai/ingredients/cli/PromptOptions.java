package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What happens in the video: on the command line, in a file, or from another program. */
final class PromptOptions {
    /** Far beyond what any text encoder reads, and no harm to memory. */
    private static final int MOST_BYTES = 1 << 20;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "What happens in the video; `-` reads it from the standard input.")
    private @Nullable String prompt;

    @Option(
            names = "--prompt-file",
            paramLabel = "FILE",
            description = "A text file with the prompt, in UTF-8, instead of --prompt.")
    private @Nullable Path file;

    private @Nullable String read;

    /** Whether there is one. */
    boolean given() {
        return prompt != null || file != null;
    }

    /** The prompt; read once. */
    String text() {
        String text = read == null ? find() : read;
        read = text;
        return text;
    }

    private String find() {
        if (prompt != null && file != null) {
            throw new InvalidInputException("--prompt and --prompt-file were both given; use one of them");
        }
        if (file != null) {
            try (InputStream in = Files.newInputStream(file)) {
                return text("--prompt-file " + file, in);
            } catch (IOException e) {
                throw new InvalidInputException(
                        "--prompt-file " + file + ": cannot be read (" + IoReason.of(e) + ")", e);
            }
        }
        if (prompt == null) {
            throw new InvalidInputException("--prompt is missing: say what happens in the video, for instance --prompt "
                    + "\"Two men in suits talk in a dimly lit room.\", or name a file with --prompt-file");
        }
        if (!prompt.equals("-")) {
            return prompt;
        }
        try {
            return text("the standard input", System.in);
        } catch (IOException e) {
            throw new InvalidInputException(
                    "--prompt -: the standard input cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    /** One line of what is in {@code in}: line breaks are for the eye. */
    private static String text(String source, InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new InvalidInputException(
                    source + ": is longer than " + (MOST_BYTES >> 20) + " MiB; that is no prompt");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(source + ": is no text in UTF-8; save it as UTF-8", e);
        }
        String line =
                (text.startsWith("\uFEFF") ? text.substring(1) : text).strip().replaceAll("\\s*\\R\\s*", " ");
        if (line.isEmpty()) {
            throw new InvalidInputException(source + ": is empty; expected a prompt");
        }
        return line;
    }
}
