package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Items made ahead: in order, bounded, without the broken ones. */
@Timeout(60)
class ClipLoaderTest {
    @TempDir
    Path folder;

    private final List<String> warnings = new ArrayList<>();

    private ClipLoader<String> loader(LongFunction<String> make, int threads, double share) {
        return loader(make, threads, share, ClipLoader.Position.START);
    }

    private ClipLoader<String> loader(LongFunction<String> make, int threads, double share, ClipLoader.Position from) {
        Path list = folder.resolve("broken.txt");
        return new ClipLoader<>(make, from, new ClipLoader.Settings(threads, 4, share, list), warnings::add);
    }

    private static String someBroken(long number) {
        if (number % 5 == 3) {
            throw new InvalidInputException("clip" + number % 10 + ".mp4: no frames");
        }
        return "item " + number;
    }

    private static List<String> take(ClipLoader<String> loader, int count) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ClipLoader.Item<String> item = loader.take();
            assertEquals("item " + item.number(), item.value());
            values.add(item.value());
        }
        return values;
    }

    @Test
    void theOrderIsThatOfTheNumbersWhoeverIsFirst() {
        CountDownLatch secondIsMade = new CountDownLatch(1);
        LongFunction<String> make = number -> {
            if (number == 0) {
                await(secondIsMade);
            } else if (number == 1) {
                secondIsMade.countDown();
            }
            return "item " + number;
        };
        try (ClipLoader<String> loader = loader(make, 2, 0)) {
            assertThat(take(loader, 3)).containsExactly("item 0", "item 1", "item 2");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void noMoreIsMadeAheadThanAsked() {
        Set<Long> made = ConcurrentHashMap.newKeySet();
        Semaphore done = new Semaphore(0);
        LongFunction<String> make = number -> {
            made.add(number);
            done.release();
            return "item " + number;
        };
        try (ClipLoader<String> loader = loader(make, 2, 0)) {
            done.acquireUninterruptibly(4);
            assertEquals(Set.of(0L, 1L, 2L, 3L), made);
            loader.take();
            done.acquireUninterruptibly(1);
            assertEquals(Set.of(0L, 1L, 2L, 3L, 4L), made);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void brokenItemsAreLeftOutCountedAndListedOnce(int threads) throws IOException {
        try (ClipLoader<String> loader = loader(ClipLoaderTest::someBroken, threads, 0.5)) {
            assertThat(take(loader, 9))
                    .containsExactly(
                            "item 0", "item 1", "item 2", "item 4", "item 5", "item 6", "item 7", "item 9", "item 10");
            assertEquals(new ClipLoader.Position(11, 2), loader.position());
            take(loader, 10);
        }
        assertThat(warnings).containsExactly("left out: clip3.mp4: no frames", "left out: clip8.mp4: no frames");
        assertEquals(
                List.of("clip3.mp4: no frames", "clip8.mp4: no frames"),
                Files.readAllLines(folder.resolve("broken.txt")));
    }

    @Test
    void aLoaderGoesOnWhereAnotherStopped() throws IOException {
        List<String> uninterrupted;
        try (ClipLoader<String> loader = loader(ClipLoaderTest::someBroken, 2, 0.5)) {
            uninterrupted = take(loader, 12);
        }
        List<String> resumed = new ArrayList<>();
        ClipLoader.Position stopped = ClipLoader.Position.START;
        for (int part = 0; part < 3; part++) {
            try (ClipLoader<String> loader = loader(ClipLoaderTest::someBroken, 2, 0.5, stopped)) {
                resumed.addAll(take(loader, 4));
                stopped = loader.position();
            }
        }
        assertEquals(uninterrupted, resumed);
        assertThat(Files.readAllLines(folder.resolve("broken.txt"))).hasSize(2);
    }

    @Test
    void tooManyBrokenItemsStopTheRun() {
        LongFunction<String> make = number -> {
            if (number >= 100) {
                throw new InvalidInputException("clip" + number + ".mp4: no frames");
            }
            return "item " + number;
        };
        try (ClipLoader<String> loader = loader(make, 2, 0.2)) {
            take(loader, 100);
            assertThatThrownBy(loader::take)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("26 of 126 items were broken, more than a share of 0.2")
                    .hasMessageContaining("clip125.mp4: no frames")
                    .hasMessageContaining("broken.txt");
        }
    }

    @Test
    void aFewAreAllowedAtTheStartUnlessNoneIs() {
        LongFunction<String> make = number -> {
            if (number < 10) {
                throw new InvalidInputException("clip" + number);
            }
            return "item " + number;
        };
        try (ClipLoader<String> loader = loader(make, 1, 0.01)) {
            assertThat(take(loader, 1)).containsExactly("item 10");
        }
        try (ClipLoader<String> loader = loader(make, 1, 0)) {
            assertThatThrownBy(loader::take).hasMessageContaining("1 of 1 items were broken");
        }
    }

    @Test
    void whenEverythingIsBrokenTheRunEnds() {
        LongFunction<String> make = number -> {
            throw new InvalidInputException("clip" + number);
        };
        try (ClipLoader<String> loader = loader(make, 1, 0.99)) {
            assertThatThrownBy(loader::take).hasMessageContaining("11 of 11 items were broken");
        }
        assertThatThrownBy(() -> loader(make, 1, 1)).isInstanceOf(InvalidInputException.class);
    }

    @Test
    void otherFailuresReachWhoTakes() {
        LongFunction<String> make = number -> {
            throw new OperationFailedException("disk gone");
        };
        try (ClipLoader<String> loader = loader(make, 1, 0)) {
            assertThatThrownBy(loader::take)
                    .isInstanceOf(OperationFailedException.class)
                    .hasMessage("disk gone");
        }
    }

    @Test
    void closingEndsTheThreads() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch never = new CountDownLatch(1);
        LongFunction<String> make = number -> {
            threads.add(Thread.currentThread());
            begun.countDown();
            await(never);
            return "item " + number;
        };
        ClipLoader<String> loader = loader(make, 2, 0);
        await(begun);
        assertThat(threads).hasSize(2).allMatch(Thread::isDaemon);
        loader.close();
        for (Thread thread : threads) {
            join(thread);
            assertEquals(Thread.State.TERMINATED, thread.getState());
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoWaitsCanBeInterrupted() {
        CountDownLatch never = new CountDownLatch(1);
        try (ClipLoader<String> loader = loader(
                number -> {
                    await(never);
                    return "item " + number;
                },
                1,
                0)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(loader::take).isInstanceOf(OperationFailedException.class);
            assertTrue(Thread.interrupted());
        }
    }
}
