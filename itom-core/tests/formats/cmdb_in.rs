//! Foreign documents into records: what each format says, and what hostile ones are told.

use itom_core::cmdb::{Cmdb, Import, Item, Transaction, View};
use itom_core::formats::{
    CsvOptions, read_aws_config, read_backstage, read_csv, read_import, read_kubernetes,
    read_netbox, read_records, read_resources, read_traces,
};
use itom_core::{ErrorKind, Timestamp};

const FORMATS: [&str; 8] = [
    "records",
    "csv",
    "kubernetes",
    "backstage",
    "netbox",
    "otel_resource",
    "traces",
    "aws_config",
];

fn data(name: &str) -> String {
    let path = format!("{}/../testdata/cmdb/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The records in a database of any class.
fn view(import: &Import) -> View {
    let mut db = Cmdb::default();
    db.apply(&import.changes().unwrap(), Transaction::at(Timestamp::from_secs(0))).unwrap();
    db.at(None, None)
}

fn by_name(view: &View, name: &str) -> Item {
    let mut found = view
        .items(None)
        .unwrap()
        .into_iter()
        .filter(|item| item.attributes.get("name") == Some(&name.into()));
    found.next().unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn a_cluster_loses_what_its_budgets_say() {
    let import = read_kubernetes(&data("kubernetes.json")).unwrap();
    let view = view(&import);
    let dns = by_name(&view, "kube-dns");
    assert_eq!(dns.class, "k8s.service");
    let pods: Vec<_> =
        view.relations(Some(&dns.id)).unwrap().into_iter().filter(|r| r.source == dns.id).collect();
    // Two pods, of which the budget lets one be away.
    assert_eq!(pods.len(), 2);
    assert!(pods.iter().all(|pod| pod.min_up == Some(1) && pod.kind == "depends_on"));
    let one = view.impact(&[&pods[0].target]).unwrap();
    assert!(one.at_risk().contains(&dns.id.as_str()));
    // Both nodes of them: the service is down, and so is the deployment.
    let nodes: Vec<String> = pods
        .iter()
        .map(|pod| view.providers(&pod.target).unwrap())
        .map(|providers| providers[0].to_owned())
        .collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let both = view.impact(&nodes).unwrap();
    let down: Vec<String> = both.down().iter().map(|id| view.item(id).unwrap().class).collect();
    for class in ["k8s.service", "k8s.deployment", "k8s.replicaset", "k8s.pod", "k8s.node"] {
        assert!(down.iter().any(|own| own == class), "{class} of {down:?}");
    }
    // The pod of the database stands on a claim, and the claim on a volume.
    let volume = by_name(&view, "pvc-0a1");
    assert!(view.impact(&[&volume.id]).unwrap().down().len() >= 4);
    assert!(
        import.warnings.iter().any(|w| w == "1 of kind Lease: left out"),
        "{:?}",
        import.warnings
    );
}

#[test]
fn budgets_count_and_take_shares() {
    let needs = |budget: &str| {
        let pods: Vec<String> = (0..5)
            .map(|n| format!(r#"{{"kind": "Pod", "metadata": {{"name": "p{n}", "uid": "p{n}", "labels": {{"app": "a", "n": "{n}"}}}}}}"#))
            .collect();
        let text = format!(
            r#"{{"kind": "List", "items": [{}, {{"kind": "Service", "metadata": {{"name": "s", "uid": "s"}}, "spec": {{"selector": {{"app": "a"}}}}}},
            {{"kind": "PodDisruptionBudget", "metadata": {{"name": "b"}}, "spec": {{"selector": {{"matchExpressions": [{{"key": "app", "operator": "In", "values": ["a"]}}]}}, {budget}}}}}]}}"#,
            pods.join(",")
        );
        read_kubernetes(&text).map(|import| import.relations[0].min_up.unwrap())
    };
    assert_eq!(needs(r#""minAvailable": 3"#).unwrap(), 3);
    assert_eq!(needs(r#""minAvailable": "50%""#).unwrap(), 3);
    assert_eq!(needs(r#""maxUnavailable": "21%""#).unwrap(), 3);
    assert_eq!(needs(r#""maxUnavailable": 5"#).unwrap(), 1);
    assert_eq!(needs(r#""minAvailable": 9"#).unwrap(), 5);
    let error = needs(r#""minAvailable": "half""#).unwrap_err().to_string();
    assert!(error.contains("PodDisruptionBudget b: spec.minAvailable must be a count"), "{error}");
}

#[cfg(feature = "yaml")]
#[test]
fn a_catalog_says_who_owns_and_needs_what() {
    let import = read_backstage(&data("backstage.yaml")).unwrap();
    let says = |source: &str, kind: &str, target: &str| {
        let end = |end: &itom_core::cmdb::RecordEnd| match end {
            itom_core::cmdb::RecordEnd::Index(n) => import.records[*n as usize].id.clone().unwrap(),
            itom_core::cmdb::RecordEnd::Id(id) => id.clone(),
            other => panic!("{other:?}"),
        };
        import.relations.iter().any(|relation| {
            relation.kind == kind
                && end(&relation.source) == source
                && end(&relation.target) == target
        })
    };
    assert!(says("component:default/artist-lookup", "depends_on", "resource:default/artists-db"));
    assert!(says(
        "component:default/artist-lookup",
        "part_of",
        "system:default/artist-engagement-portal"
    ));
    assert!(says("component:default/artist-lookup", "owned_by", "group:default/team-a"));
    assert!(says("api:default/wayback-search", "provided_by", "component:default/wayback-search"));
    assert!(says(
        "component:default/wayback-search",
        "consumes_api",
        "api:default/wayback-archive"
    ));
    assert!(says("user:default/breanna.davison", "member_of", "group:default/team-a"));
    assert!(
        import.warnings.iter().any(|w| w.starts_with("api:default/wayback-archive is referred"))
    );
    let twice = data("backstage.yaml")
        .replace("name: team-a\n", "name: artists-db\n  namespace: default\n");
    assert!(read_backstage(&twice).is_ok());
    let error =
        read_backstage("kind: Component\nmetadata: {name: a}\nspec: {owner: 'a:b:c'}").unwrap_err();
    assert!(
        error.to_string().starts_with("component:default/a: owner: reference must be"),
        "{error}"
    );
}

#[test]
fn feeds_a_and_b_keep_a_device_up() {
    let import = read_netbox(&data("netbox.json")).unwrap();
    let view = view(&import);
    let (panel_a, panel_b) = (by_name(&view, "Panel A"), by_name(&view, "Panel B"));
    let router = by_name(&view, "dmi01-akron-rtr01");
    assert_eq!(router.attributes["role"], "Router".into());
    assert_eq!(router.attributes["device_type"], "ISR 1111-8P".into());
    let one = view.impact(&[&panel_a.id]).unwrap();
    assert!(one.at_risk().contains(&router.id.as_str()));
    let both = view.impact(&[&panel_a.id, &panel_b.id]).unwrap();
    assert!(both.down().contains(&router.id.as_str()));
    let machine = by_name(&view, "vm-1");
    let path = view.path(&machine.id, &by_name(&view, "DM-Akron").id).unwrap();
    assert!(path.is_some(), "the site of the host of a virtual machine");
    assert!(view.relations(None).unwrap().iter().any(|r| r.kind == "assigned_to"));
    assert!(
        view.relations(None)
            .unwrap()
            .iter()
            .any(|r| r.kind == "connects_to" && r.target == router.id)
    );
}

#[test]
fn resources_of_pods_meet_the_objects_of_the_cluster() {
    let resource = r#"{"attributes": [
        {"key": "service.name", "value": {"stringValue": "cart"}},
        {"key": "k8s.pod.uid", "value": {"stringValue": "u-1"}},
        {"key": "k8s.pod.name", "value": {"stringValue": "cart-1"}},
        {"key": "k8s.node.name", "value": {"stringValue": "n1"}},
        {"key": "container.id", "value": {"stringValue": "c-1"}},
        {"key": "process.pid", "value": {"intValue": "7"}},
        {"key": "host.id", "value": {"stringValue": "h-1"}}]}"#;
    let second = resource
        .replace("u-1", "u-2")
        .replace("c-1", "c-2")
        .replace("n1", "n2")
        .replace("h-1", "h-2");
    let import = read_resources(&format!("[{resource}, {second}]")).unwrap();
    let view = view(&import);
    assert_eq!(view.item("u-1").unwrap().class, "k8s.pod");
    // One of two instances may go with its host.
    let impact = view.impact(&["host:h-1"]).unwrap();
    assert!(
        impact.at_risk().contains(&"service:cart"),
        "{:?} {:?}",
        impact.down(),
        impact.at_risk()
    );
    assert!(view.impact(&["host:h-1", "host:h-2"]).unwrap().down().contains(&"service:cart"));
}

#[test]
fn traces_of_both_kinds_make_the_same_map() {
    let jaeger = read_traces(&data("jaeger.json")).unwrap();
    let otlp = read_traces(&data("otlp.jsonl")).unwrap();
    let calls = |import: &itom_core::formats::TraceImport| -> Vec<(String, String, u64, u64)> {
        import
            .calls
            .iter()
            .map(|c| (c.source.clone(), c.target.clone(), c.calls, c.errors))
            .collect()
    };
    let call = |a: &str, b: &str, n, e| (a.to_owned(), b.to_owned(), n, e);
    assert_eq!(
        calls(&jaeger),
        [
            call("service:compose-post-service", "service:text-service", 1, 0),
            call("service:nginx-web-server", "service:compose-post-service", 1, 0),
            call("service:text-service", "service:user-mention-service", 1, 0),
        ]
    );
    assert_eq!(
        calls(&otlp),
        [
            call("service:accounting", "queue:kafka/orders", 1, 0),
            call("service:checkout", "queue:kafka/orders", 1, 0),
            call("service:checkout", "service:cart", 2, 1),
            call("service:shop/cart", "database:redis/valkey-cart", 1, 0),
        ]
        .map(|(a, b, n, e)| (a, b.replace("service:cart", "service:shop/cart"), n, e))
    );
    assert_eq!(otlp.warnings, ["1 spans have a parent that is not in the text"]);
    let view = view(&otlp.into_import());
    let down = view.impact(&["database:redis/valkey-cart"]).unwrap();
    assert_eq!(
        down.down(),
        ["database:redis/valkey-cart", "service:checkout", "service:shop/cart"]
    );
}

#[test]
fn configuration_items_stand_on_what_contains_them() {
    let import = read_aws_config(&data("aws_config.json")).unwrap();
    let view = view(&import);
    let instance = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc";
    assert_eq!(view.item(instance).unwrap().attributes["instance_type"], "m7g.large".into());
    let vpc = by_name(&view, "prod");
    assert_eq!(vpc.class, "aws.ec2.vpc");
    assert!(view.impact(&[&vpc.id]).unwrap().down().contains(&instance));
    let volume = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1";
    assert_eq!(view.consumers(volume).unwrap(), [instance]);
    assert!(import.warnings[0].starts_with("AWS::EC2::Instance i-0old: deleted"));
}

#[test]
fn tables_of_text_take_their_types_from_the_model() {
    let model = serde_json::from_str(
        r#"{"classes": {"ci": {"attributes": {"cores": {"type": "int"}}},
            "host": {"extends": "ci", "attributes": {"load": {"type": "float"}, "tags": {"type": "list"}}}}}"#,
    ).unwrap();
    let options = CsvOptions { class: Some("host".to_owned()), model: Some(model), delimiter: ';' };
    let import = read_csv("id;cores;load;tags;serial\nw1;8;0.5;a;007\nw2;;;;\n", &options).unwrap();
    let record = serde_json::to_value(&import.records[0].attributes).unwrap();
    assert_eq!(
        record,
        serde_json::json!({"cores": 8, "load": 0.5, "tags": ["a"], "serial": "007"})
    );
    assert!(import.records[1].attributes.is_empty());
    let error = read_csv("id;cores\nw1;eight\n", &options).unwrap_err();
    assert_eq!(error.to_string(), "line 2: cores must be a whole number, got \"eight\"");
    let relations = read_csv(
        "source,kind,target,group,min_up\na,b,c,g,2\n\n\"a\n\",b,d,,\n",
        &CsvOptions::default(),
    );
    let relations = relations.unwrap().relations;
    assert_eq!((relations.len(), relations[0].min_up), (2, Some(2)));
    let open = read_csv("a,b\n1,\"2\n", &CsvOptions::default()).unwrap_err();
    assert_eq!(open.to_string(), "line 2: a quote that opens here has no end");
    assert!(read_csv("a,a\n", &CsvOptions::default()).is_err());
}

#[cfg(feature = "yaml")]
#[test]
fn records_in_yaml_are_those_in_json() {
    let yaml = "- {class: host, id: web-1, attributes: {cores: 8, tags: [a, b], on: true}}\n\
                - {source: shop, kind: runs_on, target: 0, group: web, min_up: 1}\n";
    let json = r#"[{"class": "host", "id": "web-1", "attributes": {"cores": 8, "tags": ["a", "b"], "on": true}},
        {"source": "shop", "kind": "runs_on", "target": 0, "group": "web", "min_up": 1}]"#;
    assert_eq!(read_records(yaml).unwrap(), read_records(json).unwrap());
}

#[test]
fn hostile_texts_are_told_where_and_why() {
    let deep = "[".repeat(100_000);
    let many: String = (0..200).map(|n| format!("\"a{n}\": {n},")).collect();
    let cases = [
        (deep.clone(), "recursion limit"),
        (
            format!("[{{\"class\": \"x\", \"attributes\": {{{many} \"a7\": 1}}}}]"),
            "duplicate key \"a7\" at line 1",
        ),
        (
            "[1, 2\n, 123456789012345678901234567890]".to_owned(),
            "text at line 2 column 3 must be a whole number of 64 bits",
        ),
        ("{\"a\": 1e999}".to_owned(), "line 1"),
        ("{\"a\": \"x}".to_owned(), "line 1"),
    ];
    for (text, part) in &cases {
        for format in FORMATS.iter().filter(|format| **format != "csv") {
            let error = read_import(format, text).unwrap_err();
            assert!(error.to_string().contains(part), "{format}: {error}");
            assert_eq!(error.argument(), Some("text"), "{format}");
        }
    }
    assert!(read_records(r#"[{"class": "x", "attributes": {"a": [[1]]}}]"#).is_err());
    assert!(
        read_records(r#"[{"class": "x", "idd": "y"}]"#)
            .unwrap_err()
            .to_string()
            .contains("[0]: key must be")
    );
    #[cfg(feature = "yaml")]
    for (text, part) in [
        ("a: 1\na: 2\n".to_owned(), "line 2"),
        ("- ".repeat(5000) + "a", "line 1, column"),
        ("a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*d, *d, *d, *d, *d, *d, *d, *d, *d]".to_owned(), ""),
    ] {
        let error = read_records(&text).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_million_attributes_are_taken_and_a_bad_end_leaves_nothing() {
    let attributes: Vec<String> = (0..1_000_000).map(|n| format!("\"a{n}\":{n}")).collect();
    let text =
        format!("[{{\"class\":\"x\",\"id\":\"y\",\"attributes\":{{{}}}}}]", attributes.join(","));
    assert_eq!(read_records(&text).unwrap().records[0].attributes.len(), 1_000_000);
    // Half a transaction is none: the second record is refused, the first is not there.
    let import = read_records(r#"[{"class": "x", "id": "a"}, {"class": "", "id": "b"}]"#);
    assert!(import.is_err());
    let import = read_records(
        r#"[{"class": "x", "id": "a"}, {"source": "a", "kind": "k", "target": "nobody"}]"#,
    )
    .unwrap();
    let mut db = Cmdb::default();
    let error =
        db.apply(&import.changes().unwrap(), Transaction::at(Timestamp::from_secs(0))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(db.at(None, None).is_empty());
}

#[test]
fn circles_and_crowds_are_no_trouble() {
    let ring: Vec<String> = (0..50)
        .map(|n| format!(r#"{{"kind": "Component", "metadata": {{"name": "c{n}"}}, "spec": {{"dependsOn": ["c{}"]}}}}"#, (n + 1) % 50))
        .collect();
    let import = read_backstage(&format!("[{}]", ring.join(","))).unwrap();
    assert_eq!(view(&import).impact(&["component:default/c0"]).unwrap().down().len(), 50);
    let owned = r#"{"kind": "List", "items": [
        {"kind": "Job", "metadata": {"name": "a", "uid": "a", "ownerReferences": [{"uid": "b"}]}},
        {"kind": "Job", "metadata": {"name": "b", "uid": "b", "ownerReferences": [{"uid": "a"}, {"uid": "b"}]}}]}"#;
    assert_eq!(read_kubernetes(owned).unwrap().relations.len(), 2);
    for format in FORMATS {
        let _ = read_import(format, "");
        let _ = read_import(format, "null");
        let _ = read_import(format, "{}");
        let _ = read_import(format, "[]");
        let _ = read_import(format, "[[[[[[[[[[[{}]]]]]]]]]]]");
    }
}

#[test]
fn what_the_api_of_aws_config_answers_is_read() {
    let import = read_aws_config(&data("aws_config_api.json")).unwrap();
    let view = view(&import);
    let instance =
        view.item("arn:aws:ec2:us-east-1:681361479661:instance/i-03402838daac1d611").unwrap();
    assert_eq!(instance.class, "aws.ec2.instance");
    for (name, value) in [
        ("cloud.account.id", "681361479661"),
        ("cloud.availability_zone", "us-east-1b"),
        ("instance_type", "t2.micro"),
        ("private_ip_address", "172.31.74.239"),
    ] {
        assert_eq!(instance.attributes[name], value.into(), "{name}");
    }
    let group = by_name(&view, "asg1");
    assert_eq!(group.class, "aws.autoscaling.autoscalinggroup");
    // Their networks are in none of these files.
    assert_eq!(import.relations, []);
    assert_eq!(import.warnings, ["9 relationships lead to resources not in the text"]);
}

#[test]
fn changes_that_aws_config_tells_are_read_with_and_without_their_envelope() {
    let item = |kind: &str, id: &str, name: &str, other: &str, words: &str| {
        format!(
            r#"{{"resourceType": "{kind}", "resourceId": "{id}", "awsAccountId": "1", "awsRegion": "r",
                "relationships": [{{"resourceType": "{name}", "resourceId": "{other}", "name": "{words}"}}]}}"#
        )
    };
    // Types in capitals and words without "Is", as in notifications of 2014.
    let volume =
        item("AWS::EC2::VOLUME", "vol-1", "AWS::EC2::INSTANCE", "i-1", "Attached to Instance");
    let instance =
        item("AWS::EC2::Instance", "i-1", "AWS::EC2::Volume", "vol-1", "Attached Volume");
    let change = |item: &str| {
        format!(
            r#"{{"messageType": "ConfigurationItemChangeNotification", "configurationItem": {item}}}"#
        )
    };
    let text =
        |message: &str| serde_json::json!({"Type": "Notification", "Message": message}).to_string();
    let object = format!(r#"{{"Message": {{"configurationItems": [{volume}]}}}}"#);
    let plain = read_aws_config(&format!("[{volume}, {instance}]")).unwrap();
    assert_eq!(plain.records.len(), 2);
    assert_eq!((plain.relations.len(), plain.relations[0].kind.as_str()), (1, "depends_on"));
    assert_eq!(view(&plain).providers("1/r/AWS::EC2::Instance/i-1").unwrap().len(), 1);
    for told in [
        format!("{}\n{}", change(&volume), change(&instance)),
        format!("{}\n{}", text(&change(&volume)), change(&instance)),
        format!("{object}\n{}", text(&change(&instance))),
    ] {
        let mut import = read_aws_config(&told).unwrap();
        import.records.sort_by(|a, b| b.id.cmp(&a.id));
        let mut same = plain.clone();
        same.records.sort_by(|a, b| b.id.cmp(&a.id));
        assert_eq!(import.records, same.records, "{told}");
        assert_eq!(import.relations.len(), 1);
    }
    let error = read_aws_config(&text("not JSON")).unwrap_err();
    assert!(error.to_string().contains("Message"), "{error}");
}

#[test]
fn the_example_of_the_otlp_specification_is_read() {
    let traces = read_traces(&data("otlp_example.json")).unwrap();
    assert_eq!(traces.warnings, ["1 spans have a parent that is not in the text"]);
    let view = view(&traces.into_import());
    let services = view.items(None).unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].attributes["service.name"], "my.service".into());
    assert_eq!(view.relation_count(), 0);
}
