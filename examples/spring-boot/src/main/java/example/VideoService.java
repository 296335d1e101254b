package example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A service that makes videos of the people in photos. */
@SpringBootApplication
public class VideoService {
    public static void main(String[] args) {
        SpringApplication.run(VideoService.class, args);
    }
}
