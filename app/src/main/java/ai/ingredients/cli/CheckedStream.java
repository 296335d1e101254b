package ai.ingredients.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that remembers why it could not be written: {@link PrintStream} swallows the reason, and a report that
 * went nowhere must not end with exit code 0.
 */
final class CheckedStream extends FilterOutputStream {
    private volatile @Nullable IOException failure;

    CheckedStream(OutputStream out) {
        super(out);
    }

    /** Puts one in the place of {@link System#out}. */
    static CheckedStream install() {
        CheckedStream checked = new CheckedStream(new FileOutputStream(FileDescriptor.out));
        try {
            String encoding = System.getProperty(
                    "stdout.encoding", Charset.defaultCharset().name());
            System.setOut(new PrintStream(checked, true, encoding));
        } catch (UnsupportedEncodingException e) {
            System.setOut(new PrintStream(checked, true, Charset.defaultCharset()));
        }
        return checked;
    }

    /** Why something could not be written, or null. A reader that went away, such as {@code head}, is no failure. */
    @Nullable
    IOException failure() {
        System.out.flush();
        IOException found = failure;
        return found == null || String.valueOf(found.getMessage()).contains("Broken pipe") ? null : found;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }
}
