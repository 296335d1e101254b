package ai.ingredients;

import java.util.Objects;

/**
 * The input was fine but the work could not be finished: a full disk, a lost connection, no memory left.
 *
 * <p>The message is one line that says what failed and what to do. The command line prints it without a stack trace
 * and exits with code 1.
 */
public class OperationFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message one line: what failed, what to do */
    public OperationFailedException(String message) {
        super(ForeignText.oneLine(message));
    }

    /** @param cause what the library below reported, kept for {@code --verbose} */
    public OperationFailedException(String message, Throwable cause) {
        super(ForeignText.oneLine(message), cause);
    }

    /** The one line; never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
