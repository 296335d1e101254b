package ai.ingredients.tensor;

import ai.ingredients.OperationFailedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.global.torch;

/**
 * Threads that compute several things at once, the cores shared out among them.
 *
 * <p>Small models keep two cores busier with two batches than with one: every operator of a single one waits for its
 * slowest thread. Used from one thread at a time.
 */
public final class Workers implements AutoCloseable {
    private final List<ExecutorService> threads = new ArrayList<>();

    /** @param count of threads; with 1 everything runs on the caller's */
    public Workers(int count) {
        if (count == 1) {
            return;
        }
        int cores = Math.max(1, torch.get_num_threads() / count);
        for (int i = 0; i < count; i++) {
            ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
                Thread worker = new Thread(task, "worker");
                worker.setDaemon(true);
                return worker;
            });
            threads.add(thread);
            // libtorch keeps the number by thread, and takes the last one set as the default of new threads.
            result(thread.submit(() -> {
                torch.set_num_threads(cores);
                return true;
            }));
        }
    }

    /**
     * Runs all of {@code tasks}, each worker its share in order, and waits for all of them.
     *
     * @return their results, in order
     * @throws RuntimeException what the first of them threw
     */
    public <T> List<T> all(List<Callable<T>> tasks) {
        List<T> results = new ArrayList<>();
        if (threads.isEmpty()) {
            for (Callable<T> task : tasks) {
                try {
                    results.add(task.call());
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
            return results;
        }
        List<Future<T>> running = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            running.add(threads.get(i % threads.size()).submit(tasks.get(i)));
        }
        RuntimeException failure = null;
        for (Future<T> one : running) { // all of them, since they use what the caller may close
            try {
                results.add(result(one));
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return results;
    }

    private static <T> T result(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationFailedException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        threads.forEach(ExecutorService::close);
    }
}
