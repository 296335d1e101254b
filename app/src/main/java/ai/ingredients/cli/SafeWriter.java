package ai.ingredients.cli;

import ai.ingredients.ForeignText;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Where commands print: names, captions and messages that stand in files or come from a hub are shown, whatever is in them,
 * and nothing in them reaches the terminal as a command. It needs whole pieces of text at a time, as a
 * {@link PrintWriter} passes them on.
 */
final class SafeWriter extends FilterWriter {
    private SafeWriter(Writer out) {
        super(out);
    }

    /** A writer to {@code out} that flushes it after every line. */
    static PrintWriter around(PrintWriter out) {
        return new PrintWriter(new SafeWriter(out), true);
    }

    @Override
    public void write(int c) throws IOException {
        write(String.valueOf((char) c));
    }

    @Override
    public void write(char[] text, int offset, int length) throws IOException {
        write(new String(text, offset, length));
    }

    @Override
    public void write(String text, int offset, int length) throws IOException {
        out.write(ForeignText.printed(text.substring(offset, offset + length)));
    }
}
