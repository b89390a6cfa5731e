/*---
connection: warehouse
primary_key: customer_id
description: One row per customer who belongs to a company; Salesforce takes no contact without a last name.
tags: [sales]
---*/
select
  customer_id,
  email,
  first_name,
  coalesce(nullif(last_name, ''), first_name) as last_name,
  phone,
  city,
  country,
  company_id
from customers
where company_id is not null
