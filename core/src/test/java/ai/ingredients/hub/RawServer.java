package ai.ingredients.hub;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A server on the loopback interface that answers with whatever bytes a test wants, HTTP or not. */
final class RawServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Queue<String> heads = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Writes an answer; the connection ends with it. */
    interface Answer {
        /** @param request the first line of the request, such as {@code GET /x HTTP/1.1} */
        void to(String request, OutputStream out) throws IOException;
    }

    RawServer(Answer answer) {
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().daemon().name("raw-server").start(() -> {
            while (!socket.isClosed()) {
                try {
                    Socket connection = socket.accept();
                    Thread.ofPlatform().daemon().start(() -> serve(connection, answer));
                } catch (IOException e) {
                    return; // closed
                }
            }
        });
    }

    private void serve(Socket connection, Answer answer) {
        try (connection) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
            StringBuilder head = new StringBuilder();
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                head.append(line).append('\n');
            }
            if (head.isEmpty()) {
                return;
            }
            heads.add(head.toString());
            answer.to(head.toString().lines().findFirst().orElseThrow(), connection.getOutputStream());
        } catch (IOException e) {
            // the client went away, as it should in some of the tests
        }
    }

    /** Keeps a connection open without a word until the test ends. */
    void silence() {
        try {
            var unused = closed.await(5, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    /** Every request so far, with its headers. */
    List<String> heads() {
        return List.copyOf(heads);
    }

    /** The answer with a body and its length. */
    static byte[] ok(String body) {
        return answer("200 OK", "", body);
    }

    /** @param headers each ended by CR and LF */
    static byte[] answer(String status, String headers, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + status + "\r\n" + headers + "Connection: close\r\nContent-Length: " + bytes.length
                + "\r\n\r\n";
        byte[] start = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(start, start.length + bytes.length);
        System.arraycopy(bytes, 0, all, start.length, bytes.length);
        return all;
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        socket.close();
    }
}
