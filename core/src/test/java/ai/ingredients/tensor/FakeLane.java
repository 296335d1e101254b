package ai.ingredients.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A device that is not there: the queue of copies is a list, and somebody else's progress. A copy is made when it is queued,
 * or as late as can be, when somebody waits for it. Everything is written down in order; marks are numbered.
 */
public final class FakeLane implements CopyLane {
    /** When copies are made. */
    public enum Pace {
        AT_ONCE,
        LATE
    }

    /** Number {@code id} of all marks. */
    private record Numbered(int id) implements Mark {}

    private record Waiting(int id, Runnable copy) {}

    private final Pace pace;
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private int marks;
    private int stagings;

    public FakeLane(Pace pace) {
        this.pace = pace;
    }

    /** What was done, in order; the computing thread may add to it. */
    public List<String> told() {
        return told;
    }

    @Override
    public synchronized Tensor staging(long bytes) {
        told.add("staging " + stagings++);
        return Ops.tensor(new byte[Math.toIntExact(bytes)], bytes);
    }

    @Override
    public synchronized Mark computed() {
        told.add("computed " + marks);
        return new Numbered(marks++);
    }

    @Override
    public synchronized Mark copy(Tensor from, Tensor to, Mark after) {
        told.add("copy " + marks + " after " + ((Numbered) after).id);
        Tensor source = Scope.retain(from.alias());
        Tensor target = Scope.retain(to.alias());
        queue.add(new Waiting(marks, () -> {
            try (Scope scope = Scope.inference()) {
                target.copy_(source);
            }
            source.close();
            target.close();
        }));
        if (pace == Pace.AT_ONCE) {
            reach(marks);
        }
        return new Numbered(marks++);
    }

    private void reach(int id) {
        while (!queue.isEmpty() && queue.getFirst().id <= id) {
            queue.removeFirst().copy.run();
        }
    }

    @Override
    public synchronized void await(Mark copied) {
        told.add("await " + ((Numbered) copied).id);
        reach(((Numbered) copied).id);
    }

    @Override
    public synchronized void join(Mark copied) {
        told.add("join " + ((Numbered) copied).id);
        reach(((Numbered) copied).id);
    }

    @Override
    public synchronized void close() {
        told.add("close");
        reach(Integer.MAX_VALUE);
    }
}
