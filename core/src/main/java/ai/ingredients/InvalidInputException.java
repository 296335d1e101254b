package ai.ingredients;

import java.util.Objects;

/**
 * What the caller handed over cannot be used: a malformed file, a size the model cannot make, a photo without a face.
 *
 * <p>The message is one line that says what was found, what was expected and what to do. The command line prints it
 * without a stack trace and exits with code 2.
 */
public class InvalidInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message one line: what was found, what was expected, what to do */
    public InvalidInputException(String message) {
        super(ForeignText.oneLine(message));
    }

    /** @param cause what the library below reported, kept for {@code --verbose} */
    public InvalidInputException(String message, Throwable cause) {
        super(ForeignText.oneLine(message), cause);
    }

    /** The one line; never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
