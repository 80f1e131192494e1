import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.mustangproject.validator.ESeverity;
import org.mustangproject.validator.ValidationResultItem;
import org.mustangproject.validator.ZUGFeRDValidator;

/**
 * Validates XRechnung documents with Mustang, all in one JVM, and prints one line per file.
 *
 * A verdict is kept under the SHA-256 of the content, so that equal documents are judged once. Which findings are
 * tolerated is decided afresh each time: only the findings are kept, never the decision.
 */
public final class Validate {
    /** A document with fewer fired rules was not understood, and silence about it means nothing. */
    private static final String NOT_XRECHNUNG = "NOT-XRECHNUNG";

    public static void main(String[] args) throws Exception {
        Path cache = Path.of(args[0]);
        Set<String> tolerated = tolerated(Path.of(args[1]));
        List<Path> files = new ArrayList<>();
        for (String argument : List.of(args).subList(2, args.length)) {
            collect(Path.of(argument), files);
        }
        if (files.isEmpty()) {
            System.err.println("nothing to validate");
            System.exit(2);
        }
        int rejected = 0;
        int judged = 0;
        for (Path file : files) {
            byte[] content = Files.readAllBytes(file);
            Path verdict = cache.resolve(sha256(content));
            if (!Files.exists(verdict)) {
                keep(verdict, judge(content, file.getFileName().toString()));
                judged++;
            }
            List<String> findings = Files.readAllLines(verdict, StandardCharsets.UTF_8);
            List<String> counted = findings.stream().filter(finding -> !tolerated.contains(rule(finding))).toList();
            rejected += counted.isEmpty() ? 0 : 1;
            String shown = counted.isEmpty() ? "" : " " + String.join(" | ", counted);
            System.out.println((counted.isEmpty() ? "valid " : "invalid ") + file + shown);
        }
        System.err.println(files.size() + " files, " + judged + " judged now, " + rejected + " rejected");
        System.exit(rejected == 0 ? 0 : 1);
    }

    private static void collect(Path path, List<Path> files) throws IOException {
        if (!Files.isDirectory(path)) {
            files.add(path);
            return;
        }
        try (Stream<Path> walk = Files.walk(path)) {
            walk.filter(file -> file.toString().endsWith(".xml")).sorted().forEach(files::add);
        }
    }

    /** Findings as "severity rule: text", errors before warnings as the validator gives them. */
    private static List<String> judge(byte[] content, String name) {
        ZUGFeRDValidator validator = new ZUGFeRDValidator();
        // The validator prints advertisements and stack traces; what it found is in its context.
        PrintStream out = System.out;
        String report;
        try {
            System.setOut(new PrintStream(OutputStream.nullOutputStream()));
            report = validator.validate(content, name);
        } finally {
            System.setOut(out);
        }
        Set<String> findings = new LinkedHashSet<>();
        for (ValidationResultItem item : validator.getContext().getResults()) {
            findings.add(severity(item.getSeverity()) + " " + ruleOf(item) + ": " + oneLine(item.getMessage()));
        }
        boolean valid = report != null && report.contains("<summary status=\"valid\"/>");
        if (!validator.wasCompletelyValid() && !valid && findings.isEmpty()) {
            findings.add("error INVALID: the validator gives no reason");
        }
        String profile = String.valueOf(validator.getContext().getProfile());
        if (!profile.contains("xrechnung")) {
            findings.add("error " + NOT_XRECHNUNG + ": profile is " + oneLine(profile));
        }
        return new ArrayList<>(findings);
    }

    private static String severity(ESeverity severity) {
        return severity == null ? "error" : severity.name();
    }

    /** The rule is either the id of the item or stands in brackets at the start or end of its message. */
    private static String ruleOf(ValidationResultItem item) {
        if (item.getID() != null && !item.getID().isBlank()) {
            return oneLine(item.getID());
        }
        var match = java.util.regex.Pattern.compile("\\b((BR|PEPPOL|UBL)-[A-Z0-9-]+[a-z0-9-]*)").matcher(
            String.valueOf(item.getMessage()));
        return match.find() ? match.group(1) : "section-" + item.getSection();
    }

    private static String rule(String finding) {
        String[] words = finding.split(" ", 3);
        return words.length < 2 ? finding : words[1].replaceAll(":$", "");
    }

    private static String oneLine(String text) {
        String flat = String.valueOf(text).replaceAll("\\s+", " ").trim();
        return flat.length() > 300 ? flat.substring(0, 300) + "…" : flat;
    }

    private static Set<String> tolerated(Path list) throws IOException {
        Set<String> rules = new LinkedHashSet<>();
        for (String line : Files.readAllLines(list, StandardCharsets.UTF_8)) {
            String rule = line.replaceAll("#.*", "").trim();
            if (!rule.isEmpty()) {
                rules.add(rule);
            }
        }
        return rules;
    }

    /** Written beside and moved, so that two runs at once never read half a verdict. */
    private static void keep(Path verdict, List<String> findings) throws IOException {
        Path beside = Files.createTempFile(verdict.getParent(), "verdict", ".tmp");
        Files.write(beside, findings, StandardCharsets.UTF_8);
        Files.move(beside, verdict, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }
}
