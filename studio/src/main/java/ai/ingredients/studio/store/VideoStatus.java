package ai.ingredients.studio.store;

import java.util.Locale;

/** Where a video is on its way; the words of the OpenAI API. */
public enum VideoStatus {
    QUEUED,
    IN_PROGRESS,
    COMPLETED,
    /** Also when it was cancelled, with that as its error: clients of the OpenAI API know no fifth word. */
    FAILED;

    static VideoStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** As the API and the database have it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
