package ai.ingredients.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The body of an answer; a connection over which nothing arrives for too long is closed under whoever reads it. */
final class StallGuard extends FilterInputStream {
    private final long stall; // nanoseconds
    private final ScheduledFuture<?> watched;
    private volatile long last = System.nanoTime();
    private volatile boolean stalled;

    /** @param watch looks after the clock until this is closed */
    StallGuard(InputStream body, Duration stall, ScheduledExecutorService watch) {
        super(body);
        this.stall = stall.toNanos();
        long period = Math.max(1, this.stall / 4);
        watched = watch.scheduleAtFixedRate(this::look, period, period, TimeUnit.NANOSECONDS);
    }

    private void look() {
        if (System.nanoTime() - last > stall) {
            stalled = true;
            try {
                in.close();
            } catch (IOException e) {
                // the reader sees the end of the stream either way
            }
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read;
        try {
            read = super.read(buffer, offset, length);
        } catch (IOException e) {
            throw stalled ? silent(e) : e;
        }
        if (read < 0 && stalled) {
            throw silent(null);
        }
        last = System.nanoTime();
        return read;
    }

    private IOException silent(@Nullable IOException cause) {
        return new IOException("nothing arrived for " + TimeUnit.NANOSECONDS.toMillis(stall) / 1000.0 + " s", cause);
    }

    @Override
    public void close() throws IOException {
        watched.cancel(false);
        super.close();
    }
}
