package ai.ingredients.studio.api;

import ai.ingredients.studio.jobs.Made;
import ai.ingredients.studio.jobs.VideoFiles;
import ai.ingredients.studio.jobs.Wanted;
import ai.ingredients.studio.store.Blobs;
import ai.ingredients.studio.store.Blobs.Blob;
import ai.ingredients.studio.store.VideoRow;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of a video, and the picture it began with, whole or in part (RFC 9110: one range, {@code If-Range},
 * {@code If-None-Match}). What is derived from the video, such as a GIF, is made when it is first asked for. Thread-safe.
 */
final class Content {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
    private static final int PIECE = 1 << 16;
    private static final String FIRST_FRAME = "first_frame";

    private final Blobs blobs;
    private final DerivedFiles derived;

    Content(Blobs blobs) {
        this.blobs = blobs;
        this.derived = new DerivedFiles(blobs);
    }

    /** A form of a video. */
    private enum Variant {
        VIDEO("video", VideoFiles.VIDEO, "video/mp4", "mp4"),
        THUMBNAIL("thumbnail", VideoFiles.THUMBNAIL, "image/jpeg", "jpg"),
        SPRITESHEET("spritesheet", VideoFiles.SPRITESHEET, "image/jpeg", "jpg"),
        OVERLAY("overlay", VideoFiles.OVERLAY, "video/mp4", "mp4"),
        RECIPE("recipe", VideoFiles.RECIPE, "application/json", "json"),
        GIF("gif", DerivedFiles.GIF, "image/gif", "gif"),
        WEBM("webm", DerivedFiles.WEBM, "video/webm", "webm"),
        FRAMES("frames", DerivedFiles.FRAMES, "application/zip", "zip");

        private final String name;
        private final String file;
        private final String type;
        private final String extension;

        Variant(String name, String file, String type, String extension) {
            this.name = name;
            this.file = file;
            this.type = type;
            this.extension = extension;
        }

        boolean derived() {
            return this == GIF || this == WEBM || this == FRAMES;
        }
    }

    /** The forms that there are of a video; of one that is not made yet, the picture that it continues. */
    static List<String> variants(Wanted wanted, @Nullable Made made) {
        List<String> names = new ArrayList<>();
        for (Variant variant : Variant.values()) {
            if (made != null && (variant != Variant.OVERLAY || made.overlay())) {
                names.add(variant.name);
            }
        }
        if (wanted.firstFrame() != null) {
            names.add(FIRST_FRAME);
        }
        return names;
    }

    /** Answers with a form of a video that is completed, or with the picture that a video continues. */
    void serve(Context context, VideoRow video, @Nullable String wanted) throws IOException {
        if (FIRST_FRAME.equals(wanted)) {
            firstFrame(context, video);
            return;
        }
        if (video.made() == null) {
            throw new ApiError(
                    409, "not_ready", "The video is " + video.status().text() + "; it has no content yet.", null);
        }
        Made made = Made.of(video.made());
        String name = wanted == null || wanted.isEmpty() ? Variant.VIDEO.name : wanted;
        Variant variant = null;
        for (Variant one : Variant.values()) {
            variant = one.name.equals(name) ? one : variant;
        }
        if (variant == null) {
            throw ApiError.value(
                    "variant",
                    "`variant` cannot be used; expected one of "
                            + String.join(", ", variants(Wanted.of(video.wanted()), made)) + ".");
        }
        String folder = "videos/" + video.id() + "/" + made.attempt();
        if (variant.derived()) {
            derived.make(folder, variant.file);
        }
        Blob blob = blobs.find(folder + "/" + variant.file);
        if (blob == null) {
            throw ApiError.notFound("The " + variant.name + " of this video");
        }
        String etag = "\"" + video.id() + "-" + made.attempt() + "-" + variant.name + "\"";
        context.header("Content-Disposition", "inline; filename=\"" + video.id() + "." + variant.extension + "\"");
        serve(context, blob, variant.type, etag);
    }

    /** As it was taken in: what "again with …" begins from. */
    private void firstFrame(Context context, VideoRow video) throws IOException {
        String key = Wanted.of(video.wanted()).firstFrame();
        Blob blob = key == null ? null : blobs.find(key);
        if (blob == null) {
            throw ApiError.notFound("The first frame of this video");
        }
        context.header("Content-Disposition", "inline; filename=\"" + video.id() + ".png\"");
        serve(context, blob, "image/png", "\"" + video.id() + "-" + FIRST_FRAME + "\"");
    }

    /** Answers with a file. */
    static void serve(Context context, Blob blob, String type, String etag) throws IOException {
        context.header("ETag", etag);
        context.header("Accept-Ranges", "bytes");
        context.header("Cache-Control", "private, max-age=0, must-revalidate");
        String known = context.header("If-None-Match");
        if (known != null && (known.equals("*") || known.contains(etag))) {
            context.status(304);
            return;
        }
        long begin = 0;
        long end = blob.size() - 1;
        String range = context.header("Range");
        String same = context.header("If-Range");
        if (range != null && (same == null || same.equals(etag))) {
            Matcher bounds = RANGE.matcher(range);
            if (bounds.matches() && !range.equals("bytes=-")) {
                boolean last = bounds.group(1).isEmpty();
                long first = last
                        ? Math.max(0, blob.size() - Long.parseLong(bounds.group(2)))
                        : Long.parseLong(bounds.group(1));
                long until = last || bounds.group(2).isEmpty() ? end : Math.min(end, Long.parseLong(bounds.group(2)));
                if (first > until || first >= blob.size()) {
                    context.header("Content-Range", "bytes */" + blob.size());
                    throw new ApiError(416, "range_not_satisfiable", "The file has " + blob.size() + " bytes.", null);
                }
                begin = first;
                end = until;
                context.status(206);
                context.header("Content-Range", "bytes " + begin + "-" + end + "/" + blob.size());
            }
        }
        context.contentType(type);
        long length = end - begin + 1;
        context.res().setContentLengthLong(length);
        if (context.method().equals(HandlerType.HEAD)) {
            return;
        }
        try (InputStream in = blob.open(begin)) {
            OutputStream out = context.res().getOutputStream();
            byte[] piece = new byte[PIECE];
            for (long left = length; left > 0; ) {
                int read = in.read(piece, 0, (int) Math.min(piece.length, left));
                if (read < 0) {
                    throw new IOException("the file became shorter");
                }
                out.write(piece, 0, read);
                left -= read;
            }
            out.flush();
        }
    }
}
