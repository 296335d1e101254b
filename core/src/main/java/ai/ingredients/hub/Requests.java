package ai.ingredients.hub;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.function.Consumer;

/** Whom the hub is asked through. */
interface Requests extends AutoCloseable {
    /** What to do with a response; an {@link IOException} makes the request be tried again. */
    interface Handler<T> {
        /** @param body of {@code response}, which ends with an exception when nothing arrives for too long */
        T handle(HttpResponse<InputStream> response, InputStream body) throws IOException;
    }

    /** A request that may differ from attempt to attempt: a resumed download starts further on. */
    interface Range {
        /** The first byte wanted; 0 for the whole file. */
        long start() throws IOException;
    }

    /**
     * Gets {@code address} and hands a successful response to {@code handler}.
     *
     * @param what what is being fetched, for messages
     * @param notices told before an attempt is repeated
     * @throws InvalidInputException when the hub refuses (401, 403, 404)
     * @throws OperationFailedException when every attempt failed
     */
    <T> T get(URI address, String what, Range range, Consumer<String> notices, Handler<T> handler);

    @Override
    void close();
}
