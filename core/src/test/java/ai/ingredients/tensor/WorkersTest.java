package ai.ingredients.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WorkersTest {
    @Test
    void tasksRunAtOnceAndResultsComeInOrder() {
        try (Workers workers = new Workers(2)) {
            CountDownLatch both = new CountDownLatch(2);
            Callable<Boolean> meeting = () -> {
                both.countDown();
                return both.await(30, TimeUnit.SECONDS);
            };
            assertThat(workers.all(List.of(meeting, meeting))).containsExactly(true, true);
            assertThat(workers.all(List.of(() -> 1, () -> 2, () -> 3))).containsExactly(1, 2, 3);
        }
    }

    @Test
    void aFailureComesOutWhenTheOthersAreDone() {
        try (Workers workers = new Workers(2)) {
            AtomicBoolean finished = new AtomicBoolean();
            Callable<Integer> fails = () -> {
                throw new IllegalStateException("no such clip");
            };
            Callable<Integer> slow = () -> {
                Thread.sleep(100);
                finished.set(true);
                return 1;
            };
            assertThatThrownBy(() -> workers.all(List.of(fails, slow))).hasMessage("no such clip");
            assertThat(finished).isTrue();
        }
    }
}
