"""Pages for caseworkers: queue, live chat, messages. They call the same services as the public interface."""
